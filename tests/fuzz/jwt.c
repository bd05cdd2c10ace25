/*
 * An access token as it stands in a header: any text must be refused, for
 * nobody has the key.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/token.h"
#include "lib/conf.h"
#include "lib/err.h"
#include "tests/fuzz/harness.h"

/* P-256; made for this file, and used nowhere else. */
static const char pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgWbdo9tkPFMzvHXmy\n"
    "cBiAIE3PztsX/SVkjNKKoYxfnrihRANCAAQFQ3Wr9Ica7ALSeDYmj2pNexwdKpjS\n"
    "Pucfb1eU8opuwH+BHTgW7/Pkl2HfGdAS6KW7lhQcvKtmBZ5qmePGLAr0\n"
    "-----END PRIVATE KEY-----\n";

static struct token_keys *
keys(void)
{
	char dir[] = "/tmp/fuzz-jwt-XXXXXX", path[64];
	struct token_keys *k;
	struct err e;
	FILE *f;

	if (mkdtemp(dir) == NULL)
		abort();
	snprintf(path, sizeof(path), "%s/k.pem", dir);
	if ((f = fopen(path, "w")) == NULL)
		abort();
	fputs(pem, f);
	fclose(f);
	k = token_keys_load(dir, &e);
	unlink(path);
	rmdir(dir);
	if (k == NULL)
		abort();
	return k;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct conf conf = { .token_issuer = "modelwright" };
	static struct token_keys *k;
	char kid[TOKEN_KID + 1], *token = malloc(n + 1);
	struct err e = { 0 };

	if (k == NULL)
		k = keys();
	memcpy(token, data, n);
	token[n] = '\0';
	(void)!token_header(token, kid, &e);
	if (token_verify(k, &conf, token, 1795509515, &e) != NULL ||
	    e.code != ERR_UNAUTHENTIC)
		__builtin_trap();
	free(token);
	return 0;
}
