/*
 * Access tokens: JWTs that we sign and check with the keys of keys_dir.
 *
 * libjwt 1.10 alone would take any algorithm that a token names, an empty key,
 * duplicate members and a token of any length.  So its length is capped first,
 * its header is read here and compared with our own table, and every claim is
 * checked by hand; libjwt makes the signatures and verifies them.
 */
#ifndef TOKEN_H
#define TOKEN_H

#include <jansson.h>
#include <stddef.h>

struct conf;
struct err;

#define TOKEN_MAX  4096 /* bytes of a whole token; ours have about 500 */
#define TOKEN_KEYS 16
#define TOKEN_KID  64

struct token_keys;

/* Read KID.pem, all of them; the newest (by time of its file) signs, every one
 * of them verifies.  The caller frees the result. */
struct token_keys *token_keys_load(const char *dir, struct err *)
    __attribute__((warn_unused_result));
void token_keys_free(struct token_keys *);

/* Sign a payload.  malloc'd; NULL with the error. */
char *token_sign(const struct token_keys *, const json_t *payload, struct err *)
    __attribute__((warn_unused_result));

/* The kid of a well-formed header of ours, without looking at the signature:
 * exactly {"alg":"ES256","kid":KID,"typ":"JWT"?}. */
int token_header(const char *token, char kid[TOKEN_KID + 1], struct err *)
    __attribute__((warn_unused_result));

/* Check all of it.  Returns the payload, which the caller owns; NULL with
 * ERR_UNAUTHENTIC. */
json_t *token_verify(const struct token_keys *, const struct conf *,
    const char *token, long long now, struct err *)
    __attribute__((warn_unused_result));

#endif
