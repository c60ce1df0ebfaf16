#include "cache/medium.h"

#include <sys/vfs.h>

struct known_medium {
	unsigned magic; /* statfs(2) */
	struct medium medium;
};

static const struct known_medium media[] = {
        {0xef53, {"ext4", false}},
        {0x58465342, {"xfs", false}},
        {0x9123683e, {"btrfs", false}},
        {0x01021994, {"tmpfs", false}},
        {0x794c7630, {"overlay", false}},
        {0x2fc12fc1, {"zfs", false}},
        {0xf2f52010, {"f2fs", false}},
        {0xca451a4e, {"bcachefs", false}},
        {0x3153464a, {"jfs", false}},
        {0x52654973, {"reiserfs", false}},
        {0x4d44, {"vfat", false}},
        {0x2011bab0, {"exfat", false}},
        {0x7366746e, {"ntfs", false}},
        {0x6969, {"nfs", true}},
        {0x517b, {"smb", true}},
        {0xff534d42, {"cifs", true}},
        {0xfe534d42, {"smb2", true}},
        {0x0bd00bd0, {"lustre", true}},
        {0x47504653, {"gpfs", true}},
        {0x65735546, {"fuse", true}}, /* GlusterFS, sshfs and many more */
        {0x00c36400, {"ceph", true}},
        {0x19830326, {"beegfs", true}},
        {0x01021997, {"9p", true}},
        {0x6a656a63, {"virtiofs", true}},
        {0x5346414f, {"afs", true}},
        {0x6b414653, {"kafs", true}},
        {0x01161970, {"gfs2", true}},
        {0x7461636f, {"ocfs2", true}},
        {0x20030528, {"orangefs", true}},
        {0xaad7aaea, {"panfs", true}},
};

struct medium medium_of(int fd)
{
	struct statfs st;

	if (fstatfs(fd, &st) != 0)
		st.f_type = 0;
	for (unsigned i = 0; i < sizeof media / sizeof media[0]; i++) {
		if (media[i].magic == (unsigned)st.f_type)
			return media[i].medium;
	}
	return (struct medium){"other", true};
}
