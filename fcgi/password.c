#include "config.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <string.h>

#include "fcgi/page.h"
#include "fcgi/password.h"
#include "fcgi/route.h"

#define AT_A_TIME 2 /* on a host */

int
password_fits(struct req *req, const char *password, const char *hash)
{
	struct crypt_data *work = arena_alloc(req->arena, sizeof(*work));
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *got;
	int fits;

	if (page_hashing(req->page) >= AT_A_TIME)
		return err_set(&req->err, ERR_TOO_MANY,
		    "too many sign-ins at this moment; try again in a second");
	if (hash == NULL && crypt_gensalt_rn("$y$", 0, NULL, 0, setting,
				sizeof(setting)) == NULL)
		return err_set(&req->err, ERR_INTERNAL, "no salt");
	atomic_store(&req->me->hashing, 1);
	got = crypt_r(password, hash != NULL ? hash : setting, work);
	atomic_store(&req->me->hashing, 0);
	fits = hash != NULL && got != NULL && got[0] != '*' &&
	       strlen(got) == strlen(hash) &&
	       CRYPTO_memcmp(got, hash, strlen(hash)) == 0;
	explicit_bzero(work, sizeof(*work));
	return fits;
}
