/*
 * A booster written by hand, as XGBoost would save it in UBJSON.
 */
#ifndef SCORE_BOOSTER_H
#define SCORE_BOOSTER_H

struct buf;

/* Two trees over features 0 (number), 1 (category of 3 codes) and 2 (category
 * of 40), with everything that a tree can hold:
 *	0: x0 < 1.5 (missing left) ? leaf 0.25
 *	                           : x1 in {1} (missing right) ? right leaf -1
 *	                                                       : leaf 0.5
 *	1: x2 in {0, 33} (missing left) ? right: x0 < -2 ? leaf 3 : leaf 4
 *	                                : left: leaf -0.125 */
void booster_write(struct buf *);

#endif
