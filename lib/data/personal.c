/*
 * Whether a column looks like personal data.
 */
#include "config.h"

#include <ctype.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/banned.h"
#include "lib/data/personal.h"

/* Enough of the values must look alike, and enough values must have been
 * there. */
#define SHARE 0.8
#define LEAST 3

/* clang-format off */
static const char *const by_value[PERSONAL__MAX] = {
	[PERSONAL_EMAIL] = "personal:email",
	[PERSONAL_PHONE] = "personal:phone",
	[PERSONAL_IBAN]	 = "personal:iban",
	[PERSONAL_CARD]	 = "personal:card",
	[PERSONAL_IP]	 = "personal:ip",
};

/* Words of a name, set off by anything that is no letter or digit, or by a
 * capital; "=" before what must be the whole name. */
static const struct {
	const char *suspect;
	const char *words[24];
} by_name[] = {
	{ "personal:email",	   { "email", "e_mail", "mail_address" } },
	{ "personal:phone",	   { "phone", "telephone", "mobile", "cellphone", "fax", "telefon", "handy" } },
	{ "personal:iban",	   { "iban", "bank_account", "account_number", "kontonummer" } },
	{ "personal:card",	   { "card_number", "credit_card", "cc_number", "=pan" } },
	{ "personal:name",	   { "first_name", "firstname", "last_name", "lastname", "surname", "forename", "full_name", "given_name", "family_name", "middle_name", "maiden_name", "customer_name", "person_name", "=name", "vorname", "nachname", "nom", "prenom", "username", "user_name", "login" } },
	{ "personal:birth",	   { "birth", "birthday", "birthdate", "dob", "date_of_birth", "geburtsdatum" } },
	{ "personal:national_id",  { "ssn", "social_security", "passport", "tax_id", "national_id", "nino", "steuer_id", "personalausweis", "driving_licence", "drivers_license" } },
	{ "personal:address",	   { "address", "street", "strasse", "adresse", "house_number" } },
	{ "personal:postcode",	   { "postcode", "zip", "zipcode", "zip_code", "postal_code", "plz" } },
	{ "personal:ip",	   { "ip_address", "ip_addr", "=ip" } },
	{ "personal:plate",	   { "license_plate", "licence_plate", "kennzeichen" } },
};

static const struct {
	const char *suspect;
	const char *words[12];
} by_law[] = {
	{ "protected:sex",	   { "sex", "gender", "geschlecht" } },
	{ "protected:race",	   { "race", "ethnicity", "ethnic", "skin_colour", "skin_color" } },
	{ "protected:age",	   { "age", "alter" } },
	{ "protected:religion",	   { "religion", "faith", "confession" } },
	{ "protected:origin",	   { "nationality", "native_country", "citizenship", "country_of_birth", "foreign_worker", "immigrant" } },
	{ "protected:disability",  { "disability", "disabled", "handicap" } },
	{ "protected:family",	   { "marital_status", "marital", "personal_status", "pregnant", "pregnancy" } },
	{ "protected:orientation", { "sexual_orientation" } },
};
/* clang-format on */

static int
is_email(const char *p, size_t n)
{
	const char *at = memchr(p, '@', n), *end = p + n, *dot = NULL;

	if (at == NULL || at == p || n > 254)
		return 0;
	for (const char *q = p; q < end; q++) {
		unsigned char c = (unsigned char)*q;

		if (q == at)
			continue;
		if (*q == '.' && q > at)
			dot = q;
		if (c < 0x80 && !isalnum(c) &&
		    strchr(q < at ? "!#$%&'*+-/=?^_`{|}~." : "-.", c) == NULL)
			return 0;
	}
	return dot != NULL && dot > at + 1 && end - dot > 2;
}

/* With a + or two zeros in front, or an area code in parentheses, or in
 * groups. */
static int
is_phone(const char *p, size_t n)
{
	int digits = 0, groups = 1, other = 0;

	if (n < 8 || n > 24)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (isdigit((unsigned char)p[i]))
			digits++;
		else if (strchr(" -/().", p[i]) != NULL)
			groups += i > 0 && isdigit((unsigned char)p[i - 1]);
		else if (!(p[i] == '+' && i == 0))
			other = 1;
	}
	if (other || digits < 7 || digits > 15 || memchr(p, '.', n) != NULL)
		return 0;
	/* 2024-01-31 has eight digits in three groups. */
	return *p == '+' || *p == '(' || (digits >= 9 && groups >= 2) ||
	       (p[0] == '0' && p[1] == '0' && digits >= 10);
}

/* ISO 13616: the digits, letters as 10 to 35 and the first four last, leave 1
 * when divided by 97. */
static int
is_iban(const char *p, size_t n)
{
	char s[40];
	size_t k = 0;
	int rest = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == ' ')
			continue;
		if (k == 34 || !isalnum((unsigned char)p[i]))
			return 0;
		s[k++] = p[i];
	}
	if (k < 15 || !isupper((unsigned char)s[0]) ||
	    !isupper((unsigned char)s[1]) || !isdigit((unsigned char)s[2]) ||
	    !isdigit((unsigned char)s[3]))
		return 0;
	for (size_t i = 0; i < k; i++) {
		int c = s[(i + 4) % k];

		if (isdigit(c))
			rest = (rest * 10 + c - '0') % 97;
		else
			rest = (rest * 100 + toupper(c) - 'A' + 10) % 97;
	}
	return rest == 1;
}

/* ISO 7812: thirteen to nineteen digits, the first 2 to 6, and Luhn's sum. */
static int
is_card(const char *p, size_t n)
{
	int digit[19], k = 0, sum = 0;

	for (size_t i = 0; i < n; i++) {
		if ((p[i] == ' ' || p[i] == '-') && i > 0)
			continue;
		if (!isdigit((unsigned char)p[i]) || k == 19)
			return 0;
		digit[k++] = p[i] - '0';
	}
	if (k < 13 || digit[0] < 2 || digit[0] > 6)
		return 0;
	for (int i = 0; i < k; i++) {
		int d = digit[k - 1 - i] * (1 + i % 2);

		sum += d > 9 ? d - 9 : d;
	}
	return sum % 10 == 0;
}

static int
is_ip(const char *p, size_t n)
{
	int parts = 0, value = -1;

	if (n < 7 || n > 15)
		return 0;
	for (size_t i = 0; i <= n; i++) {
		if (i == n || p[i] == '.') {
			if (value < 0 || value > 255)
				return 0;
			parts++;
			value = -1;
		} else if (isdigit((unsigned char)p[i]) && value < 256) {
			value = (value < 0 ? 0 : value) * 10 + p[i] - '0';
		} else {
			return 0;
		}
	}
	return parts == 4;
}

void
personal_look(struct personal_seen *s, const char *value, size_t n)
{
	static int (*const is[PERSONAL__MAX])(const char *, size_t) = {
		[PERSONAL_EMAIL] = is_email,
		[PERSONAL_PHONE] = is_phone,
		[PERSONAL_IBAN] = is_iban,
		[PERSONAL_CARD] = is_card,
		[PERSONAL_IP] = is_ip,
	};

	s->looked++;
	if (n < 5)
		return;
	for (int i = 0; i < PERSONAL__MAX; i++)
		s->hits[i] += (size_t)is[i](value, n);
}

/* "customerFirstName" as "_customer_first_name_". */
static void
words_of(const char *name, char *out, size_t size)
{
	size_t n = 0;

	out[n++] = '_';
	for (const char *p = name; *p != '\0' && n + 3 < size; p++) {
		int c = (unsigned char)*p;

		if (p > name && isupper(c) && islower((unsigned char)p[-1]))
			out[n++] = '_';
		if (isalnum(c) || c > 0x7f)
			out[n++] = (char)tolower(c);
		else if (out[n - 1] != '_')
			out[n++] = '_';
	}
	if (out[n - 1] != '_')
		out[n++] = '_';
	out[n] = '\0';
}

static int
has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	if (*word == '=')
		return strncmp(words + 1, word + 1, n - 1) == 0 &&
		       strcmp(words + n, "_") == 0;
	for (const char *p = words; (p = strstr(p, word)) != NULL; p++)
		if (p[-1] == '_' && p[n] == '_')
			return 1;
	return 0;
}

static size_t
add(const char *out[PERSONAL_SUSPECTS], size_t n, const char *suspect)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(out[i], suspect) == 0)
			return n;
	if (n < PERSONAL_SUSPECTS)
		out[n++] = suspect;
	return n;
}

static int
has_any(const char *words, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n && list[i] != NULL; i++)
		if (has_word(words, list[i]))
			return 1;
	return 0;
}

size_t
personal_suspects(const struct personal_seen *s, const char *name, int open,
    const char *out[PERSONAL_SUSPECTS])
{
	char words[256];
	size_t n = 0;

	words_of(name, words, sizeof(words));
	for (int i = 0; i < PERSONAL__MAX; i++)
		if (s->hits[i] >= LEAST &&
		    (double)s->hits[i] >= SHARE * (double)s->looked)
			n = add(out, n, by_value[i]);
	for (size_t i = 0; i < nitems(by_name) && open; i++)
		if (has_any(words, by_name[i].words, nitems(by_name[i].words)))
			n = add(out, n, by_name[i].suspect);
	for (size_t i = 0; i < nitems(by_law); i++)
		if (has_any(words, by_law[i].words, nitems(by_law[i].words)))
			n = add(out, n, by_law[i].suspect);
	return n;
}
