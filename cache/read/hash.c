#include "cache/read/hash.h"

#include <string.h>

static inline uint64_t rotl(uint64_t x, int b)
{
	return (x << b) | (x >> (64 - b));
}

static inline void sip_round(struct hash_stream *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 = rotl(s->v2, 32);
}

static inline void sip_word(struct hash_stream *s, uint64_t m)
{
	s->v3 ^= m;
	sip_round(s);
	s->v0 ^= m;
}

static inline uint64_t load_le64(const unsigned char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof w);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w = __builtin_bswap64(w);
#endif
	return w;
}

void hash_begin(struct hash_stream *s, enum hash_role role)
{
	uint64_t k0 = 0x6c61726465722d31ULL; /* "larder-1" */
	uint64_t k1 = (uint64_t)role;

	s->v0 = k0 ^ 0x736f6d6570736575ULL;
	s->v1 = k1 ^ 0x646f72616e646f6dULL;
	s->v2 = k0 ^ 0x6c7967656e657261ULL;
	s->v3 = k1 ^ 0x7465646279746573ULL;
	s->tail = 0;
	s->len = 0;
}

static void sip_byte(struct hash_stream *s, unsigned char c)
{
	s->tail |= (uint64_t)c << (8 * (s->len & 7));
	if ((++s->len & 7) == 0) {
		sip_word(s, s->tail);
		s->tail = 0;
	}
}

void hash_add(struct hash_stream *s, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len && (s->len & 7)) {
		sip_byte(s, *p++);
		len--;
	}
	for (; len >= 8; p += 8, len -= 8, s->len += 8)
		sip_word(s, load_le64(p));
	while (len--)
		sip_byte(s, *p++);
}

uint64_t hash_end(struct hash_stream *s)
{
	sip_word(s, s->tail | (uint64_t)(s->len & 0xff) << 56);
	s->v2 ^= 0xff;
	sip_round(s);
	sip_round(s);
	sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t hash64(enum hash_role role, const void *data, size_t len)
{
	struct hash_stream s;

	hash_begin(&s, role);
	hash_add(&s, data, len);
	return hash_end(&s);
}

uint64_t hash64_pair(enum hash_role role, const void *a, size_t a_len, const void *b, size_t b_len)
{
	struct hash_stream s;

	hash_begin(&s, role);
	hash_add(&s, a, a_len);
	sip_byte(&s, 0);
	hash_add(&s, b, b_len);
	return hash_end(&s);
}

void hash_hex(uint64_t hash, char out[static HASH_HEX_LEN + 1])
{
	for (int i = HASH_HEX_LEN - 1; i >= 0; i--, hash >>= 4)
		out[i] = "0123456789abcdef"[hash & 15];
	out[HASH_HEX_LEN] = 0;
}
