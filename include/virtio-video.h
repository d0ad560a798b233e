/* SPDX-License-Identifier: MIT */
/*
 * virtio-video.h - a virtio-video device core for virtual machine monitors
 *
 * Command bytes in, response bytes out. The embedder owns transport, virtqueues and guest memory;
 * the core owns streams, resources and the work. There is no main loop and no callback for replies:
 *
 *     vvd_device_submit()      a request was popped from the command queue
 *     vvd_device_post_event()  a buffer was popped from the event queue
 *     vvd_device_get_fd()      readable while
 *     vvd_device_reap()        has a token to give back, with the bytes to write
 *
 * Each accepted token comes back exactly once. The wire is virtio-video "v3" with PARAMS_EXT, as
 * public guest drivers speak it; one device has one role. Stream, resource and queue are named
 * without regard to the role: the encoder has the same calls.
 *
 * Common to all functions: 0 (or as said) or -errno.
 * Threads: all calls on one device come from one thread at a time. The device makes one thread for
 * each stream; those never call the embedder, but for the log and open_display.
 */
#ifndef VIRTIO_VIDEO_H
#define VIRTIO_VIDEO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

struct vawrap_display;
struct vvd_device;

/* The value is the virtio device id. Source: linux/virtio_ids.h. */
enum vvd_role {
	VVD_ROLE_ENCODER = 30, /* reserved: vvd_device_new() says -ENOTSUP */
	VVD_ROLE_DECODER = 31,
};

/* The number of virtqueues and which is which. */
enum vvd_queue {
	VVD_QUEUE_COMMAND = 0,
	VVD_QUEUE_EVENT = 1,
	VVD_N_QUEUES,
};

/* Feature bits of the device, beside those of the transport. */
#define VVD_FEATURE_RESOURCE_GUEST_PAGES   (UINT64_C(1) << 0)
#define VVD_FEATURE_RESOURCE_NON_CONTIG    (UINT64_C(1) << 1)
#define VVD_FEATURE_RESOURCE_VIRTIO_OBJECT (UINT64_C(1) << 2)

/*
 * The protocol has no number for AV1. Where the embedder asks for it, it is offered under this one, which
 * is also that of its only profile; guests must know it.
 */
#define VVD_FORMAT_AV1 0x1f00

/* As enum vawrap_log_level: 0 error, 1 warning, 2 info, 3 debug. May run on a stream's thread. */
struct vvd_log {
	void (*write)(void *cookie, int level, const char *message);
	void *cookie;
	int level;
};

/* What a guest may use at most; 0 takes the default. Over a limit the guest reads OUT_OF_MEMORY. */
struct vvd_limits {
	unsigned int streams;              /* default 64 */
	unsigned int resources_per_queue;  /* of one stream; default 32 */
	unsigned int entries_per_resource; /* memory entries; default 4096 */
	uint64_t resource_bytes;           /* guest memory named by one stream; default 1 GiB */
	uint64_t coded_buffer_bytes;       /* one input buffer; default 64 MiB */
	unsigned int pending_commands;     /* answers outstanding on the device; default 4096 */
};

struct vvd_device_options {
	size_t size_bytes; /* sizeof(struct vvd_device_options) */
	enum vvd_role role;
	struct vvd_log log;       /* copied; write NULL is silent */
	struct vvd_limits limits; /* copied */
	/*
	 * Opens a display: once in vvd_device_new() for the capabilities, then once for each stream,
	 * on the calling thread of STREAM_CREATE, and once more on a stream's thread when its device
	 * was lost. It must return. The device owns the reference it gets. NULL: what device and
	 * driver below name.
	 */
	int (*open_display)(void *cookie, struct vawrap_display **out);
	void *open_display_cookie;
	bool share_display; /* all streams use the display of the capabilities */
	/*
	 * Gives a dma-buf for a virtio object, or a memfd: something that can be mapped and has a
	 * size; the device owns the fd. A memfd that is not sealed against shrinking is given to no
	 * driver: the CPU copies. -ENOENT: no such object. Called once for each resource, on the
	 * calling thread of RESOURCE_CREATE. NULL: VVD_FEATURE_RESOURCE_VIRTIO_OBJECT is not
	 * offered.
	 */
	int (*get_object)(void *cookie, const uint8_t uuid[16], int *fd);
	void *get_object_cookie;
	const char *device_name; /* for the config space, at most 31 bytes; NULL: "vaapi"; copied */
	/*
	 * Without open_display: the path of a DRM render node, and the VA driver's name. Device alone
	 * lets libva choose the driver; driver alone opens a software driver with no device; neither
	 * takes the first render node that works. Copied.
	 */
	const char *device;
	const char *driver;
	/*
	 * The process has a SIGBUS handler that calls vvd_handle_sigbus(). Without one, memory of a
	 * region that may shrink is copied by the kernel, call by call, which is slower.
	 */
	bool handles_sigbus;
	/*
	 * How long a driver call may take; default 10000. After it, and before it has passed twice,
	 * the stream has failed: its guest gets the event ERROR, its thread is left alone.
	 */
	unsigned int hang_ms;
	bool offer_av1; /* as VVD_FORMAT_AV1 */
};

/*
 * Makes a device. Errors: -EINVAL; -ENOTSUP role, or the display decodes nothing that the protocol
 * knows; -ENOMEM; what open_display says.
 */
int vvd_device_new(const struct vvd_device_options *options, struct vvd_device **out);
/*
 * Stops all work and frees the device; returns NULL. Tokens that were not reaped are forgotten: the
 * embedder returns or drops those chains. An engine whose driver call hangs is left behind with
 * what it holds, and logged.
 */
struct vvd_device *vvd_device_free(struct vvd_device *device);

/* ---- Guest memory ---- */

/*
 * Adds guest memory: size bytes at guest-physical address gpa, mapped at addr, from fd (or -1: it
 * cannot shrink). The embedder keeps the mapping until the region was removed. fd is not kept; its
 * seals are read: without F_SEAL_SHRINK the file may become shorter while it is mapped. What was in
 * the part that is gone ends in an error answer.
 * Errors: -EEXIST overlaps another region; -EINVAL wraps or empty; -ENOSPC more than 512 regions.
 */
int vvd_device_add_region(struct vvd_device *device, uint64_t gpa, void *addr, uint64_t size_bytes,
			  int fd);
/*
 * Removes the region that begins at gpa. Resources in it lose their memory: their queued buffers
 * are answered with ERR first, and when this returns nothing of the region is touched any more.
 * Errors: -ENOENT.
 */
int vvd_device_remove_region(struct vvd_device *device, uint64_t gpa);

/*
 * For the embedder's SIGBUS handler; the library installs none. siginfo is the handler's siginfo_t.
 * When the thread was copying from or to guest memory, this does not return: the copy ends in an
 * error. Otherwise false: the signal is not ours. The handler is installed with an empty sa_mask:
 * of the thread's signal mask only SIGBUS itself is set back.
 */
bool vvd_handle_sigbus(const void *siginfo);
/*
 * The same protection for an embedder's own accesses: runs touch(cookie) and returns what it
 * returned, or -EFAULT when memory was gone under it. touch() may be left anywhere: it takes no lock
 * and owns nothing when it touches such memory.
 */
int vvd_guard(int (*touch)(void *cookie), void *cookie);

/* ---- Features and config space ---- */

/* The device's own feature bits; those of the transport are the embedder's. */
uint64_t vvd_device_get_features(const struct vvd_device *device);
/* What the driver took. Errors: -EINVAL a bit that was not offered. */
int vvd_device_set_features(struct vvd_device *device, uint64_t features);
/*
 * Reads size_bytes of the 44 bytes of config space at offset; what lies beyond reads as zeros.
 * Layout: version u32, max_caps_length u32, max_resp_length u32, device_name[32].
 */
int vvd_device_get_config(const struct vvd_device *device, uint32_t offset, void *data,
			  uint32_t size_bytes);

/* ---- Work ---- */

/*
 * Takes a request from the command queue: the readable bytes of the chain in n pieces, copied once
 * and not kept. The pieces may be guest memory. resp_cap_bytes is the size of the chain's writable
 * part. Whatever the bytes are, the token comes back through vvd_device_reap().
 * Errors: -ENOMEM, -ESHUTDOWN (the device has failed): the token stays the caller's.
 */
int vvd_device_submit(struct vvd_device *device, uint64_t token, const struct iovec *iov, size_t n,
		      uint32_t resp_cap_bytes);
/* Takes an (at least 8 bytes large) buffer from the event queue. Errors: as submit. */
int vvd_device_post_event(struct vvd_device *device, uint64_t token);

/*
 * Takes the tokens of a queue back while streams and resources stay: a virtual machine is paused, or
 * a transport stops the queue. VVD_QUEUE_COMMAND: everything pending is answered, to be reaped as
 * ever: drains as refused, queued resources with ERR, so that each stream has been sought in.
 * VVD_QUEUE_EVENT: buffers that no event is in are the caller's again and are not reaped. Errors:
 * -EINVAL no such queue.
 */
int vvd_device_clear_queue(struct vvd_device *device, enum vvd_queue queue);

struct vvd_done {
	uint64_t token;
	enum vvd_queue queue;
	uint32_t len_bytes; /* of the answer, at most the chain's resp_cap_bytes */
};

/* The largest answer there can be; the capacity that vvd_device_reap() wants. */
size_t vvd_device_get_max_resp(const struct vvd_device *device);
/*
 * Gives back one token with its answer in buf[0..len_bytes). Returns 1, or 0 when there is none.
 * Errors: -ENOSPC cap_bytes < vvd_device_get_max_resp(), nothing was taken.
 */
int vvd_device_reap(struct vvd_device *device, struct vvd_done *done, void *buf, size_t cap_bytes);
/*
 * For poll(2), readable while vvd_device_reap() has work, which need not come to an answer; owned by
 * the device.
 */
int vvd_device_get_fd(const struct vvd_device *device);
/*
 * Device reset: all work stops, all streams and resources go, features are unset, memory regions
 * stay. Tokens that were not reaped are forgotten, as the driver does too.
 */
int vvd_device_reset(struct vvd_device *device);

/* ---- Statistics ---- */

struct vvd_stats {
	size_t size_bytes; /* sizeof(struct vvd_stats), set by the caller */
	uint64_t commands; /* submitted */
	uint64_t errors;   /* answered with an error */
	uint64_t events;   /* sent */
	uint64_t frames;   /* put into resources */
	uint64_t corrupt_frames;
	uint64_t copied_bytes;         /* pixels copied by the CPU, by us */
	uint64_t driver_copied_bytes;  /* pixels that the driver transferred into an image for us */
	uint64_t bitstream_bytes;      /* copied out of guest memory */
	unsigned int streams;          /* now */
	unsigned int resources;        /* now */
	unsigned int pending;          /* tokens not yet reaped */
	unsigned int detached_engines; /* threads in a driver call that hangs, now */
};

/* Errors: -EINVAL size_bytes. */
int vvd_device_get_stats(const struct vvd_device *device, struct vvd_stats *stats);

/* Of one stream that lives, since it was created. */
struct vvd_stream_stats {
	size_t size_bytes; /* sizeof(struct vvd_stream_stats), set by the caller */
	uint32_t stream_id;
	bool lost;  /* its session has ended by an error */
	bool hangs; /* since a driver call does not come back */
	uint64_t frames, corrupt_frames;
	uint64_t copied_bytes, driver_copied_bytes, bitstream_bytes;
	uint64_t errors;                            /* resources answered with ERR */
	unsigned int queued_inputs, queued_outputs; /* resources, now */
};

/*
 * The stream at index, 0 and up, in no order. Errors: -ENOENT there are no more; -EINVAL size_bytes.
 */
int vvd_device_get_stream_stats(const struct vvd_device *device, unsigned int index,
				struct vvd_stream_stats *stats);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
