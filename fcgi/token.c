#include "config.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <jwt.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fcgi/token.h"
#include "lib/auto.h"
#include "lib/conf.h"
#include "lib/err.h"
#include "lib/json.h"

#include "lib/banned.h"

#define KEY_FILE_MAX 8192
#define SIGNATURE    64 /* bytes of ES256 */
#define SKEW         60 /* seconds that the clocks of two hosts may differ */

struct key {
	char kid[TOKEN_KID + 1];
	char *private_pem, *public_pem;
	struct timespec made;
};

struct token_keys {
	struct key key[TOKEN_KEYS];
	int n, newest;
};

static int
bad(struct err *e, const char *why)
{
	return err_set(e, ERR_UNAUTHENTIC, "the access token %s", why);
}

/* The public half as PEM; libjwt then never sees the private one to verify. */
static char *
public_half(const char *pem)
{
	BIO *in = BIO_new_mem_buf(pem, -1), *out = BIO_new(BIO_s_mem());
	EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	char group[32] = "", *text = NULL, *copy = NULL;
	long n;

	if (key != NULL && EVP_PKEY_base_id(key) == EVP_PKEY_EC &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	    strcmp(group, "prime256v1") == 0 &&
	    PEM_write_bio_PUBKEY(out, key) == 1 &&
	    (n = BIO_get_mem_data(out, &text)) > 0)
		copy = strndup(text, (size_t)n);
	EVP_PKEY_free(key);
	BIO_free(in);
	BIO_free(out);
	return copy;
}

static int
read_key(struct key *k, const char *dir, const char *file, struct err *e)
{
	char path[4096];
	struct stat st;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	auto_file FILE *f = fopen(path, "re");
	if (f == NULL || fstat(fileno(f), &st) == -1 ||
	    st.st_size > KEY_FILE_MAX)
		return err_set(
		    e, ERR_INTERNAL, "cannot read the key '%s'", path);
	if ((k->private_pem = calloc(1, KEY_FILE_MAX + 1)) == NULL)
		errx(1, "out of memory");
	n = fread(k->private_pem, 1, KEY_FILE_MAX, f);
	if (n == 0 || (k->public_pem = public_half(k->private_pem)) == NULL) {
		free(k->private_pem);
		return err_set(e, ERR_INTERNAL,
		    "'%s' is no private key on the curve P-256", path);
	}
	k->made = st.st_mtim;
	snprintf(k->kid, sizeof(k->kid), "%.*s", (int)strlen(file) - 4, file);
	return 0;
}

static int
is_newer(const struct key *a, const struct key *b)
{
	if (a->made.tv_sec != b->made.tv_sec)
		return a->made.tv_sec > b->made.tv_sec;
	if (a->made.tv_nsec != b->made.tv_nsec)
		return a->made.tv_nsec > b->made.tv_nsec;
	return strcmp(a->kid, b->kid) > 0;
}

static int
is_key_file(const char *name)
{
	size_t n = strlen(name);

	return name[0] != '.' && n > 4 && n <= TOKEN_KID + 4 &&
	       strcmp(name + n - 4, ".pem") == 0;
}

struct token_keys *
token_keys_load(const char *dir, struct err *e)
{
	struct token_keys *keys = calloc(1, sizeof(*keys));
	struct dirent *de;
	int rc = 0;
	DIR *d;

	if (keys == NULL)
		errx(1, "out of memory");
	if ((d = opendir(dir)) == NULL) {
		err_set(e, ERR_INTERNAL, "cannot open '%s': %s", dir,
		    strerror(errno));
		free(keys);
		return NULL;
	}
	while (rc == 0 && (de = readdir(d)) != NULL)
		if (is_key_file(de->d_name) && keys->n < TOKEN_KEYS &&
		    (rc = read_key(&keys->key[keys->n], dir, de->d_name, e)) ==
			0) {
			if (is_newer(
				&keys->key[keys->n], &keys->key[keys->newest]))
				keys->newest = keys->n;
			keys->n++;
		}
	closedir(d);
	if (rc == 0 && keys->n == 0)
		rc = err_set(e, ERR_INTERNAL, "there is no key in '%s'", dir);
	if (rc == 0)
		return keys;
	token_keys_free(keys);
	return NULL;
}

void
token_keys_free(struct token_keys *keys)
{
	if (keys == NULL)
		return;
	for (int i = 0; i < keys->n; i++) {
		OPENSSL_cleanse(
		    keys->key[i].private_pem, strlen(keys->key[i].private_pem));
		free(keys->key[i].private_pem);
		free(keys->key[i].public_pem);
	}
	free(keys);
}

char *
token_sign(const struct token_keys *keys, const json_t *payload, struct err *e)
{
	const struct key *k = &keys->key[keys->newest];
	auto_str char *grants = json_dumps(payload, JSON_COMPACT);
	char *out = NULL;
	jwt_t *jwt = NULL;

	if (grants == NULL || jwt_new(&jwt) != 0 ||
	    jwt_add_grants_json(jwt, grants) != 0 ||
	    jwt_add_header(jwt, "kid", k->kid) != 0 ||
	    jwt_set_alg(jwt, JWT_ALG_ES256,
		(const unsigned char *)k->private_pem,
		(int)strlen(k->private_pem)) != 0 ||
	    (out = jwt_encode_str(jwt)) == NULL)
		err_set(e, ERR_INTERNAL, "cannot sign a token with the key %s",
		    k->kid);
	jwt_free(jwt);
	return out;
}

/* The value of a base64url figure, or -1. */
static int
figure(int c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* Decode n figures without padding (RFC 7515, 2) into out, which has room for
 * TOKEN_MAX bytes; returns how many came out, or -1. */
static long
decode(const char *s, size_t n, char *out)
{
	unsigned bits = 0;
	long len = 0;
	int have = 0;

	if (n % 4 == 1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int v = figure((unsigned char)s[i]);
		if (v == -1)
			return -1;
		bits = (bits << 6 | (unsigned)v) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[len++] = (char)(bits >> have & 0xff);
		}
	}
	/* What is left over must be zero: one value has one text. */
	return (bits & ((1u << have) - 1)) == 0 ? len : -1;
}

/* What a part of a token says, as JSON; NULL if it cannot be read. */
static json_t *
part(const char *s, size_t n)
{
	char out[TOKEN_MAX];
	struct err e;
	long len = decode(s, n, out);

	return len == -1 ? NULL : json_parse(out, (size_t)len, &e);
}

int
token_header(const char *token, char kid[TOKEN_KID + 1], struct err *e)
{
	const char *key, *dot = strchr(token, '.'), *id;
	json_t *v;

	if (strnlen(token, TOKEN_MAX + 1) > TOKEN_MAX || dot == NULL)
		return bad(e, "is not one of ours");
	auto_json json_t *h = part(token, (size_t)(dot - token));
	if (!json_is_object(h))
		return bad(e, "has no header that can be read");
	json_object_foreach (h, key, v)
		if (strcmp(key, "alg") != 0 && strcmp(key, "kid") != 0 &&
		    strcmp(key, "typ") != 0)
			return bad(e, "has a header that we do not take");
	if (strcmp(json_str(h, "alg", ""), "ES256") != 0)
		return bad(e, "is not signed with ES256");
	if (strcmp(json_str(h, "typ", "JWT"), "JWT") != 0)
		return bad(e, "is of another type");
	id = json_str(h, "kid", "");
	if (*id == '\0' || strlen(id) > TOKEN_KID)
		return bad(e, "names no key");
	snprintf(kid, TOKEN_KID + 1, "%s", id);
	return 0;
}

static const struct key *
find_key(const struct token_keys *keys, const char *kid)
{
	for (int i = 0; i < keys->n; i++)
		if (strcmp(keys->key[i].kid, kid) == 0)
			return &keys->key[i];
	return NULL;
}

static int
check_claims(
    const json_t *p, const struct conf *c, long long now, struct err *e)
{
	const json_t *exp = json_object_get(p, "exp");
	const json_t *iat = json_object_get(p, "iat");
	const json_t *nbf = json_object_get(p, "nbf");

	if (strcmp(json_str(p, "iss", ""), c->token_issuer) != 0)
		return bad(e, "has another issuer");
	if (strcmp(json_str(p, "aud", ""), c->token_issuer) != 0)
		return bad(e, "is for another audience");
	if (*json_str(p, "sub", "") == '\0' || *json_str(p, "sid", "") == '\0')
		return bad(e, "names no user or no session");
	if (!json_is_integer(exp) || !json_is_integer(iat) ||
	    (nbf != NULL && !json_is_integer(nbf)))
		return bad(e, "has no times");
	if (json_integer_value(exp) <= now)
		return bad(e, "has expired");
	if (json_integer_value(iat) > now + SKEW ||
	    (nbf != NULL && json_integer_value(nbf) > now + SKEW))
		return bad(e, "is not valid yet");
	return 0;
}

json_t *
token_verify(const struct token_keys *keys, const struct conf *c,
    const char *token, long long now, struct err *e)
{
	char kid[TOKEN_KID + 1], signature[TOKEN_MAX];
	const char *first, *second;
	const struct key *k;
	jwt_t *jwt = NULL;
	json_t *payload;
	int rc;

	if (token_header(token, kid, e) == -1)
		return NULL;
	first = strchr(token, '.');
	if ((second = strchr(first + 1, '.')) == NULL ||
	    decode(second + 1, strlen(second + 1), signature) != SIGNATURE) {
		bad(e, "is not in three parts");
		return NULL;
	}
	if ((k = find_key(keys, kid)) == NULL) {
		bad(e, "is signed with a key that we do not have");
		return NULL;
	}
	rc = jwt_decode(&jwt, token, (const unsigned char *)k->public_pem,
	    (int)strlen(k->public_pem));
	if (rc == 0 && jwt_get_alg(jwt) != JWT_ALG_ES256)
		rc = EINVAL;
	jwt_free(jwt);
	if (rc != 0) {
		bad(e, "has a wrong signature");
		return NULL;
	}
	/* Read again with our own limits: libjwt takes duplicate members. */
	payload = part(first + 1, (size_t)(second - first - 1));
	if (!json_is_object(payload))
		bad(e, "has no claims that can be read");
	else if (check_claims(payload, c, now, e) == 0)
		return payload;
	json_decref(payload);
	return NULL;
}
