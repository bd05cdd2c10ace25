#include "config.h"

#include "lib/report/ink.h"

/* clang-format off */
const struct ink_row ink_rows[INK__MAX] = {
	[INK_TEXT]     = { "text",  0x1c2530, 0xe6eaf0 },
	[INK_SOFT]     = { "soft",  0x5a6675, 0xa3afbd },
	[INK_GRID]     = { "grid",  0xe3e7ec, 0x2c3540 },
	[INK_AXIS]     = { "axis",  0x9aa5b1, 0x5c6875 },
	[INK_MUTED]    = { "muted", 0x8a94a0, 0x7d8996 },
	[INK_PAPER]    = { "paper", 0xffffff, 0x12171d },
	[INK_SHADE]    = { "shade", 0xf2f5f8, 0x1b222b },
	[INK_HEAD]     = { "head",  0x0b3d66, 0x8cc5f2 },
	[INK_GOOD]     = { "good",  0x00704f, 0x3ecfa3 },
	[INK_WARN]     = { "warn",  0x8a5a00, 0xf0b942 },
	[INK_BAD]      = { "bad",   0xa83f00, 0xff8f5c },
	[INK_DATA]     = { "d0",    0x0072b2, 0x56b0ea },
	[INK_DATA + 1] = { "d1",    0xd55e00, 0xf5854a },
	[INK_DATA + 2] = { "d2",    0x009e73, 0x35c69b },
	[INK_DATA + 3] = { "d3",    0xcc79a7, 0xe5a1c8 },
	[INK_DATA + 4] = { "d4",    0xe69f00, 0xf2bd4b },
	[INK_DATA + 5] = { "d5",    0x56b4e9, 0x93d1f5 },
};
/* clang-format on */
