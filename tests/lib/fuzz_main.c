/*
 * Runs a fuzz target without a fuzzer, as a test: over the files of its corpus, then over mutations
 *of them (and of nothing). The mutations are the same in every run.
 *
 *	fuzz_NAME [FOLDER]
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS_MAX     256
#define SEED_SIZE_MAX (64 << 10)
#define MUTATIONS     4000
#define EDITS_MAX     8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seed {
	uint8_t *data;
	size_t size;
};

static struct seed seeds[SEEDS_MAX];
static size_t n_seeds;
static uint64_t state = 0x9e3779b97f4a7c15u;

/* xorshift64*, which is good enough to choose bytes. */
static uint32_t next_random(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1du) >> 32) % below;
}

/* An exact allocation for each run, so that a sanitizer sees a read beyond the end. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		exit(1);
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void read_seed(const char *folder, const char *name)
{
	static uint8_t buffer[SEED_SIZE_MAX];
	char path[4096];
	struct seed *seed = &seeds[n_seeds];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file || n_seeds == SEEDS_MAX) {
		fprintf(stderr, "%s: cannot be read, or too many files\n", path);
		exit(1);
	}
	seed->size = fread(buffer, 1, sizeof(buffer), file);
	fclose(file);
	seed->data = malloc(seed->size ? seed->size : 1);
	if (!seed->data)
		exit(1);
	memcpy(seed->data, buffer, seed->size);
	n_seeds++;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_corpus(const char *folder)
{
	struct dirent **names;
	int n = scandir(folder, &names, NULL, by_name);

	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.')
			read_seed(folder, names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

/* One small change: a byte, a bit, a cut, or a piece copied over another place. */
static size_t edit(uint8_t *data, size_t size, size_t capacity)
{
	static const uint8_t telling[] = {
	        0, 1, 0x7f, 0x80, 0xff, '/', '.', '<', '&', '"', '\n', '%'};
	uint32_t at = size ? next_random((uint32_t)size) : 0;
	uint32_t from, len;

	switch (size ? next_random(5) : 4) {
	case 0:
		data[at] = telling[next_random(sizeof(telling))];
		return size;
	case 1:
		data[at] ^= (uint8_t)(1 << next_random(8));
		return size;
	case 2:
		return at;
	case 3:
		from = next_random((uint32_t)size);
		len = next_random((uint32_t)size - (from > at ? from : at)) + 1;
		memmove(data + at, data + from, len);
		return size;
	default:
		len = next_random(16) + 1;
		if (size + len > capacity)
			return size;
		memmove(data + at + len, data + at, size - at);
		for (uint32_t i = 0; i < len; i++)
			data[at + i] = (uint8_t)next_random(256);
		return size + len;
	}
}

int main(int argc, char **argv)
{
	static uint8_t buffer[SEED_SIZE_MAX + 256];

	if (argc > 1)
		read_corpus(argv[1]);
	run(buffer, 0);
	for (size_t i = 0; i < n_seeds; i++)
		run(seeds[i].data, seeds[i].size);
	for (int i = 0; i < MUTATIONS; i++) {
		size_t size = 0;

		if (n_seeds) {
			const struct seed *seed = &seeds[next_random((uint32_t)n_seeds)];

			size = seed->size;
			memcpy(buffer, seed->data, size);
		}
		for (uint32_t n = next_random(EDITS_MAX) + 1; n; n--)
			size = edit(buffer, size, sizeof(buffer));
		run(buffer, size);
	}
	printf("%zu seeds, %d mutations\n", n_seeds, MUTATIONS);
	for (size_t i = 0; i < n_seeds; i++)
		free(seeds[i].data);
	return 0;
}
