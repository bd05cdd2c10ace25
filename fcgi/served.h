/*
 * The models that this worker scores with: which file a name stands for, asked
 * again each second or when a change on this host says so, and the files,
 * mapped once each.
 */
#ifndef SERVED_H
#define SERVED_H

struct mws;
struct req;

struct served {
	char model[129], digest[65];
	int version;
	struct mws *scorer;
	long long asked; /* seconds, of the machine */
	unsigned moved;
	unsigned long long used; /* for who makes room */
};

/* The model that the request names; NULL with ERR_NOT_FOUND, or what kept the
 * file from being mapped.  Stays ours; good until the next call. */
const struct served *served_find(struct req *, const char *model)
    __attribute__((warn_unused_result));

#endif
