#include "config.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/object.h"
#include "fcgi/request.h"
#include "fcgi/route.h"
#include "lib/conf.h"
#include "lib/digest.h"
#include "lib/store.h"

/* Hexadecimal to the base64 of RFC 3230. */
static const char *
digest_value(struct req *req, const char *sha256)
{
	unsigned char raw[DIGEST_LEN], out[64];

	for (int i = 0; i < DIGEST_LEN; i++) {
		unsigned byte = 0;
		if (sscanf(sha256 + 2 * i, "%2x", &byte) != 1)
			return "";
		raw[i] = (unsigned char)byte;
	}
	EVP_EncodeBlock(out, raw, DIGEST_LEN);
	return arena_printf(req->arena, "sha-256=%s", (char *)out);
}

int
object_answer(struct req *req, struct res *res, const char *sha256,
    const char *media_type, const char *name)
{
	const char *slash = strrchr(name, '/');
	char path[4096];

	res_etag(req, res, sha256);
	if (req->if_none_match != NULL &&
	    request_etag(req->if_none_match, sha256)) {
		res->status = 304;
		return 0;
	}
	store_path(req->conf->data_dir, sha256, path, sizeof(path));
	if (access(path, R_OK) == -1)
		return err_set(&req->err, ERR_DAMAGED,
		    "the bytes of '%s' are lost: its digest was %s", name,
		    sha256);
	res->type = media_type;
	res_header(res, "Digest", digest_value(req, sha256));
	res_header(res, "Content-Disposition",
	    arena_printf(req->arena, "inline; filename=\"%s\"",
		slash != NULL ? slash + 1 : name));
	res_header(res, "Cache-Control", "private, no-cache");
	res_header(res, "X-Accel-Redirect",
	    arena_printf(req->arena, "/_objects/%.2s/%s", sha256, sha256 + 2));
	return 0;
}
