/*
 * Access tokens: ours pass, and each way to forge one does not.
 */
#include "config.h"

#include <jwt.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi/token.h"
#include "lib/conf.h"
#include "lib/err.h"
#include "lib/json.h"
#include "tests/tap.h"

#define NOW 1795509515LL

static const struct conf conf = { .token_issuer = "modelwright" };
static struct token_keys *keys;
static struct err e;

static void
make_key(const char *dir, const char *kid)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.pem", dir, kid);
	if ((f = fopen(path, "w")) == NULL)
		abort();
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	EVP_PKEY_free(key);
}

static json_t *
claims(void)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "iss",
	    "modelwright", "aud", "modelwright", "sub", "ada", "role", "admin",
	    "sid", "ses_1", "iat", (json_int_t)NOW, "exp",
	    (json_int_t)(NOW + 600));
}

/* Whether a token passes at a time. */
static int
passes(const char *token, long long now)
{
	json_t *v = token_verify(keys, &conf, token, now, &e);

	json_decref(v);
	return v != NULL;
}

/* The same for our own signature on claims with one member changed. */
static int
passes_with(const char *name, json_t *value)
{
	json_t *p = claims();
	char *t;
	int rc;

	if (value != NULL)
		json_object_set_new(p, name, value);
	else
		json_object_del(p, name);
	t = token_sign(keys, p, &e);
	rc = passes(t, NOW);
	free(t);
	json_decref(p);
	return rc;
}

/* base64url of a text. */
static void
encode(const char *s, char *out)
{
	size_t n = (size_t)EVP_EncodeBlock(
	    (unsigned char *)out, (const unsigned char *)s, (int)strlen(s));

	for (size_t i = 0; i < n; i++)
		out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
	out[strcspn(out, "=")] = '\0';
}

/* A token of ours with another header before the same rest. */
static int
passes_under(const char *header, const char *token)
{
	char out[TOKEN_MAX * 2], head[1024];

	encode(header, head);
	snprintf(out, sizeof(out), "%s%s", head, strchr(token, '.'));
	return passes(out, NOW);
}

/* HS256 with the public key, or any text, as the secret. */
static char *
forge(jwt_alg_t alg, const char *secret)
{
	json_t *p = claims();
	char *grants = json_dumps(p, 0), *out;
	jwt_t *jwt;

	jwt_new(&jwt);
	jwt_add_grants_json(jwt, grants);
	jwt_add_header(jwt, "kid", "two");
	jwt_set_alg(jwt, alg, (const unsigned char *)secret,
	    secret != NULL ? (int)strlen(secret) : 0);
	out = jwt_encode_str(jwt);
	jwt_free(jwt);
	free(grants);
	json_decref(p);
	return out;
}

static void
try_headers(const char *token)
{
	static const char *const bad[] = { "{\"alg\":\"none\",\"kid\":\"two\"}",
		"{\"alg\":\"es256\",\"kid\":\"two\"}",
		"{\"alg\":\"HS256\",\"kid\":\"two\"}",
		"{\"alg\":\"RS256\",\"kid\":\"two\"}",
		"{\"alg\":\"ES256\",\"kid\":\"three\"}",
		"{\"alg\":\"ES256\",\"kid\":\"../two\"}",
		"{\"alg\":\"ES256\",\"kid\":\"\"}", "{\"alg\":\"ES256\"}",
		"{\"alg\":\"ES256\",\"kid\":[\"two\"]}",
		"{\"alg\":\"ES256\",\"kid\":\"two\",\"crit\":[\"x\"]}",
		"{\"alg\":\"ES256\",\"kid\":\"two\",\"jku\":\"http://x\"}",
		"{\"alg\":\"ES256\",\"kid\":\"two\",\"jwk\":{}}",
		"{\"alg\":\"ES256\",\"kid\":\"two\",\"x5u\":\"http://x\"}",
		"{\"alg\":\"ES256\",\"alg\":\"none\",\"kid\":\"two\"}",
		"{\"alg\":\"ES256\",\"kid\":\"two\",\"typ\":\"at+jwt\"}", "[]",
		"\"ES256\"", "null", "" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!passes_under(bad[i], token) && e.code == ERR_UNAUTHENTIC,
		    "a token under the header %s does not pass", bad[i]);
}

static void
try_claims(void)
{
	ok(passes_with("extra", json_true()), "a claim more is no harm");
	ok(!passes_with("iss", json_string("other")), "another issuer");
	ok(!passes_with("aud", json_string("other")), "another audience");
	ok(!passes_with("aud", json_pack("[s]", "modelwright")),
	    "an audience of another type");
	ok(!passes_with("sub", NULL), "no subject");
	ok(!passes_with("sub", json_integer(1)), "a subject of another type");
	ok(!passes_with("sid", NULL), "no session");
	ok(!passes_with("exp", NULL), "no expiry");
	ok(!passes_with("exp", json_string("1999999999")),
	    "an expiry of another type");
	ok(!passes_with("exp", json_real(1e18)), "an expiry that is a real");
	ok(!passes_with("iat", json_integer(NOW + 3600)), "of the future");
	ok(!passes_with("nbf", json_integer(NOW + 3600)), "not yet");
}

static void
try_shapes(const char *token)
{
	char *long_one = calloc(1, 1 << 20), copy[TOKEN_MAX];

	snprintf(copy, sizeof(copy), "%s", token);
	copy[strlen(copy) - 4] ^= 1;
	ok(!passes(copy, NOW), "one bit of the signature turned");
	snprintf(copy, sizeof(copy), "%s", token);
	*strrchr(copy, '.') = '\0';
	ok(!passes(copy, NOW), "no signature");
	strncat(copy, ".", 2);
	ok(!passes(copy, NOW), "an empty signature");
	snprintf(copy, sizeof(copy), "%s.x", token);
	ok(!passes(copy, NOW), "a fourth part");
	snprintf(copy, sizeof(copy), "%s=", token);
	ok(!passes(copy, NOW), "padding");
	ok(!passes("", NOW) && !passes("..", NOW) && !passes("a.b.c", NOW),
	    "no token at all");
	memset(long_one, 'a', (1 << 20) - 1);
	ok(!passes(long_one, NOW), "a megabyte");
	free(long_one);
}

int
main(void)
{
	char dir[] = "/tmp/token-XXXXXX", path[256], *token, *forged;
	json_t *p;

	if (mkdtemp(dir) == NULL)
		return 1;
	ok(token_keys_load(dir, &e) == NULL, "a directory without a key");
	make_key(dir, "one");
	usleep(20000);
	make_key(dir, "two");
	keys = token_keys_load(dir, &e);
	ok(keys != NULL, "keys are read");
	p = claims();
	token = token_sign(keys, p, &e);
	json_decref(p);
	char kid[TOKEN_KID + 1];
	ok(token_header(token, kid, &e) == 0 && strcmp(kid, "two") == 0,
	    "the newest key signs");
	ok(passes(token, NOW), "our own token passes");
	ok(!passes(token, NOW + 600), "and expires");
	try_shapes(token);
	try_headers(token);
	try_claims();
	forged = forge(JWT_ALG_HS256, "secret");
	ok(!passes(forged, NOW), "HS256 with a secret");
	free(forged);
	forged = forge(JWT_ALG_NONE, NULL);
	ok(!passes(forged, NOW), "alg none");
	free(forged);
	token_keys_free(keys);

	snprintf(path, sizeof(path), "%s/three.pem", dir);
	make_key(dir, "three");
	keys = token_keys_load(dir, &e);
	ok(passes(token, NOW), "a token of the key before still passes");
	token_keys_free(keys);
	unlink(path);
	snprintf(path, sizeof(path), "%s/two.pem", dir);
	unlink(path);
	keys = token_keys_load(dir, &e);
	ok(!passes(token, NOW), "one of a key that is gone does not");
	token_keys_free(keys);
	free(token);
	snprintf(path, sizeof(path), "%s/one.pem", dir);
	unlink(path);
	rmdir(dir);
	return done();
}
