#include "fetch/said.h"

#include <stdbool.h>
#include <string.h>

#define BLANKS " \t\r\n"
#define HIDDEN "..."

static bool is_code(const char *text)
{
	unsigned digits = 0;

	for (; *text; text++) {
		char letter = (char)(*text | 0x20);

		digits += *text >= '0' && *text <= '9';
		if ((letter < 'a' || letter > 'z') && *text != '_' && (*text < '0' || *text > '9'))
			return false;
	}
	return digits <= SAID_DIGITS_MAX;
}

void said_code(char *text)
{
	if (!is_code(text))
		*text = '\0';
}

void said_words(char *text, size_t size)
{
	size_t len = strlen(text), hidden = strlen(HIDDEN);
	char *out = text;

	for (char *word = text; *word;) {
		size_t blank = strspn(word, BLANKS), n = strcspn(word + blank, BLANKS);
		bool cut = len + 1 >= size && !word[blank + n] && n >= hidden;

		memmove(out, word, blank);
		out += blank;
		word += blank;
		if (n > SAID_WORD_MAX || cut)
			memcpy(out, HIDDEN, hidden);
		else
			memmove(out, word, n);
		out += n > SAID_WORD_MAX || cut ? hidden : n;
		word += n;
	}
	*out = '\0';
}
