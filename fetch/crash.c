#define UNW_LOCAL_ONLY

#include "fetch/crash.h"
#include "cache/read/text.h"

#include <libunwind.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define FRAMES_MAX 64
#define SYMBOL_MAX 128
#define STACK_SIZE (64 << 10) /* of the handler: the crash may be an overflow of the stack */

static int log_fd = -1;
static char stack[STACK_SIZE];

static void say(const char *text)
{
	ssize_t n = write(log_fd, text, strlen(text));

	(void)n; /* nobody is left to be told */
}

static void say_stack(void)
{
	char name[SYMBOL_MAX], number[TEXT_NUMBER_MAX];
	unw_context_t context;
	unw_cursor_t cursor;
	unw_word_t offset;

	if (unw_getcontext(&context) != 0 || unw_init_local(&cursor, &context) != 0)
		return;
	for (int i = 0; i < FRAMES_MAX && unw_step(&cursor) > 0; i++) {
		if (unw_get_proc_name(&cursor, name, sizeof name, &offset) != 0) {
			say("  ?\n");
			continue;
		}
		say("  ");
		say(name);
		say("+");
		say(text_number(number, (unsigned)offset));
		say("\n");
	}
}

static void on_crash(int signal_number)
{
	char number[TEXT_NUMBER_MAX];

	say("the agent crashed: signal ");
	say(text_number(number, (unsigned)signal_number));
	say(", at\n");
	say_stack();
	/* SA_RESETHAND has put the default back. */
	raise(signal_number);
}

void crash_log_to(int fd)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
	stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
	struct sigaction action = {
	        .sa_handler = on_crash, .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK | SA_NODEFER)};

	log_fd = fd;
	sigaltstack(&alternate, NULL);
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		sigaction(signals[i], &action, NULL);
}
