/*
 * modelwright-admin keys: the private keys that sign access tokens.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/admin.h"
#include "lib/auto.h"
#include "lib/digest.h"
#include "lib/err.h"

#include "lib/banned.h"

#define KID_LEN 16 /* hexadecimal figures of the public key's digest */

/* How many KID.pem there are, or -1. */
static int
count_keys(const char *dir, struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	int n = 0;

	if (d == NULL)
		return err_set(e, ERR_INVALID, "cannot open '%s': %s", dir,
		    strerror(errno));
	while ((de = readdir(d)) != NULL) {
		size_t len = strlen(de->d_name);

		if (de->d_name[0] != '.' && len > 4 &&
		    strcmp(de->d_name + len - 4, ".pem") == 0)
			n++;
	}
	closedir(d);
	return n;
}

/* A key's id comes from the key itself, so that two hosts that share a
 * directory never give one id to two keys. */
static int
key_id(EVP_PKEY *key, char kid[KID_LEN + 1], struct err *e)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der);
	char hex[DIGEST_HEX];

	if (n <= 0)
		return err_set(e, ERR_INTERNAL, "cannot encode the key");
	digest_mem(der, (size_t)n, hex);
	OPENSSL_free(der);
	memcpy(kid, hex, KID_LEN);
	kid[KID_LEN] = '\0';
	return 0;
}

/* Written under another name, so that nobody ever reads half a key. */
static int
write_key(EVP_PKEY *key, const char *dir, const char *kid, struct err *e)
{
	char path[PATH_MAX], tmp[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s.pem", dir, kid) >=
		(int)sizeof(path) ||
	    snprintf(tmp, sizeof(tmp), "%s/.%s.new", dir, kid) >=
		(int)sizeof(tmp))
		return err_set(e, ERR_INVALID, "keys_dir is too long");
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1)
		return err_set(e, ERR_INVALID, "cannot create '%s': %s", tmp,
		    strerror(errno));
	FILE *f = fdopen(fd, "w");
	int good = f != NULL && PEM_write_PKCS8PrivateKey(
				    f, key, NULL, NULL, 0, NULL, NULL) == 1;
	if (f != NULL) {
		good = fflush(f) == 0 && fsync(fileno(f)) == 0 && good;
		fclose(f);
	} else
		close(fd);
	if (!good || rename(tmp, path) == -1) {
		unlink(tmp);
		return err_set(e, ERR_INTERNAL, "cannot write '%s': %s", path,
		    strerror(errno));
	}
	printf("made the signing key %s\n", path);
	return 0;
}

static int
init(const struct cmd_line *l, void *arg, struct err *e)
{
	struct admin *ad = arg;
	const char *dir = ad->conf.keys_dir;
	char kid[KID_LEN + 1];
	int n, rc = -1;

	(void)l;
	if (mkdir(dir, 0700) == -1 && errno != EEXIST)
		return err_set(e, ERR_INVALID, "cannot make '%s': %s", dir,
		    strerror(errno));
	if ((n = count_keys(dir, e)) == -1)
		return -1;
	if (n > 0) {
		printf("there %s in %s already\n",
		    n == 1 ? "is a signing key" : "are signing keys", dir);
		return 0;
	}
	EVP_PKEY *key = EVP_EC_gen("P-256");
	if (key == NULL)
		err_set(e, ERR_INTERNAL, "OpenSSL cannot make a P-256 key");
	else if (key_id(key, kid, e) == 0)
		rc = write_key(key, dir, kid, e);
	EVP_PKEY_free(key);
	return rc;
}

/* clang-format off */
const struct cmd admin_keys_init = {
	"keys init", "", 0, 0, NULL,
	"Make a key that signs access tokens (ES256), if there is none", init
};
/* clang-format on */
