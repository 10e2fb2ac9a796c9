// SPDX-License-Identifier: GPL-2.0-or-later
/* A function with a BAR of plain memory, the other end of peer DMA. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake_host.h"

static struct fake_peer *to_peer(struct pci_dev *dev)
{
	return pci_container_of(dev, struct fake_peer, dev);
}

static uint64_t peer_read(struct pci_dev *dev, uint64_t off, unsigned int size)
{
	struct fake_peer *peer = to_peer(dev);
	uint64_t val = 0;

	peer->single_reads++;
	memcpy(&val, peer->ram + off, size);
	return val;
}

static void peer_write(struct pci_dev *dev, uint64_t off, unsigned int size,
		       uint64_t val)
{
	struct fake_peer *peer = to_peer(dev);

	peer->single_writes++;
	memcpy(peer->ram + off, &val, size);
}

static int peer_read_block(struct pci_dev *dev, uint64_t off, void *buf,
			   size_t len)
{
	struct fake_peer *peer = to_peer(dev);

	peer->block_reads++;
	memcpy(buf, peer->ram + off, len);
	return 0;
}

static int peer_write_block(struct pci_dev *dev, uint64_t off, const void *buf,
			    size_t len)
{
	struct fake_peer *peer = to_peer(dev);

	peer->block_writes++;
	memcpy(peer->ram + off, buf, len);
	return 0;
}

static void peer_destroy(struct pci_dev *dev)
{
	struct fake_peer *peer = to_peer(dev);

	free(peer->ram);
	free(peer);
}

static const struct pci_dev_ops peer_ops = {
	.destroy = peer_destroy,
};

struct fake_peer *fake_host_add_peer(struct fake_host *h, uint64_t size)
{
	struct fake_peer *peer = calloc(1, sizeof(*peer));

	assert_non_null(peer);
	peer->ram = calloc(1, size);
	assert_non_null(peer->ram);
	peer->size = size;
	peer->bar_ops = (struct pci_bar_ops) {
		.read = peer_read,
		.write = peer_write,
		.read_block = peer_read_block,
		.write_block = peer_write_block,
	};
	peer->dev.ids = (struct pci_ids) { .vendor = 0x1b36, .device = 1 };
	peer->dev.ops = &peer_ops;
	peer->dev.bars[0] = (struct pci_bar) {
		.size = size, .is_64bit = true, .prefetchable = true,
		.ops = &peer->bar_ops,
	};
	fake_host_add_dev(h, &peer->dev);
	return peer;
}

int fake_pair_setup(void **state)
{
	struct fake_pair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->h = fake_host_new();
	p->a = fake_host_add_peer(p->h, FAKE_PAIR_BAR);
	p->b = fake_host_add_peer(p->h, FAKE_PAIR_BAR);
	*state = p;
	return 0;
}

int fake_pair_teardown(void **state)
{
	struct fake_pair *p = *state;

	fake_host_free(p->h);
	free(p);
	return 0;
}
