/* SPDX-License-Identifier: MIT */
/*
 * guard.c - comes back from a SIGBUS in guest memory that has shrunk
 *
 * The embedder's handler calls vvd_handle_sigbus(), which leaves the copy that was running on this
 * thread. What a guard runs holds no lock that it took itself and owns nothing.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include "virtio-video.h"

/* Found by a handler without a call that could allocate. */
static _Thread_local __attribute__((tls_model("initial-exec"))) sigjmp_buf *current;

int vvd_guard(int (*touch)(void *cookie), void *cookie)
{
	sigjmp_buf here, *const outer = current;
	sigset_t sigbus;
	int ret;

	/* The mask is not saved, which would be a system call for each ring access. */
	if (sigsetjmp(here, 0)) {
		current = outer;
		sigemptyset(&sigbus);
		sigaddset(&sigbus, SIGBUS);
		pthread_sigmask(SIG_UNBLOCK, &sigbus, NULL);
		return -EFAULT;
	}
	current = &here;
	ret = touch(cookie);
	current = outer;
	return ret;
}

bool vvd_handle_sigbus(const void *siginfo)
{
	const siginfo_t *info = siginfo;

	/* One that somebody sent, by kill(2), is no fault. */
	if (!current || info->si_code <= 0)
		return false;
	siglongjmp(*current, 1);
}
