#include "config.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/digest.h"
#include "lib/err.h"

/* A struct digest is OpenSSL's own object under another name. */
static EVP_MD_CTX *
ctx_of(struct digest *d)
{
	return (EVP_MD_CTX *)(void *)d;
}

struct digest *
digest_new(void)
{
	EVP_MD_CTX *c;

	if ((c = EVP_MD_CTX_new()) == NULL ||
	    EVP_DigestInit_ex(c, EVP_sha256(), NULL) != 1)
		errx(1, "digest: out of memory");
	return (struct digest *)(void *)c;
}

void
digest_add(struct digest *d, const void *p, size_t n)
{
	if (EVP_DigestUpdate(ctx_of(d), p, n) != 1)
		errx(1, "digest: update failed");
}

void
digest_end(struct digest *d, char hex[DIGEST_HEX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char md[DIGEST_LEN];

	if (EVP_DigestFinal_ex(ctx_of(d), md, NULL) != 1)
		errx(1, "digest: final failed");
	for (int i = 0; i < DIGEST_LEN; i++) {
		hex[2 * i] = digits[md[i] >> 4];
		hex[2 * i + 1] = digits[md[i] & 15];
	}
	hex[2 * DIGEST_LEN] = '\0';
	digest_free(d);
}

void
digest_free(struct digest *d)
{
	EVP_MD_CTX_free(ctx_of(d));
}

void
digest_mem(const void *p, size_t n, char hex[DIGEST_HEX])
{
	struct digest *d = digest_new();

	digest_add(d, p, n);
	digest_end(d, hex);
}

int
digest_file(
    const char *path, char hex[DIGEST_HEX], long long *bytes, struct err *e)
{
	struct digest *d;
	char block[65536];
	long long total = 0;
	ssize_t n;
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return err_set(e, ERR_INTERNAL, "cannot open '%s': %s", path,
		    strerror(errno));
	d = digest_new();
	while ((n = read(fd, block, sizeof(block))) > 0) {
		digest_add(d, block, (size_t)n);
		total += n;
	}
	if (n == -1) {
		digest_free(d);
		return err_set(e, ERR_INTERNAL, "cannot read '%s': %s", path,
		    strerror(errno));
	}
	digest_end(d, hex);
	if (bytes != NULL)
		*bytes = total;
	return 0;
}
