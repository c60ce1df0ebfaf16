/*
 * The checksums in the heads of S3's answers ("Checking object integrity in Amazon S3").
 *
 * x-amz-checksum-crc32, -crc32c, -crc64nvme, -sha1 and -sha256 hold base64, and x-amz-checksum-type
 * says of what: FULL_OBJECT, or COMPOSITE, where "-N" follows: then it is the checksum of those of
 * N parts. Answers to ranges are not to be trusted so far: where the range is that of a part, the
 * value is the part's; where it is the whole object, a composite value comes without its "-N"; and
 * some servers send that of the whole with any range. An ETag of 32 hexadecimal digits is the MD5
 *of an object that was stored in one piece, and with "-N" the MD5 of the MD5s of N parts, unless
 *the object is encrypted by a key of KMS or of the customer's.
 *
 *	s3_checksum_header for each line → s3_checksum_head
 */
#ifndef LARDER_FETCH_S3_CHECKSUM_H
#define LARDER_FETCH_S3_CHECKSUM_H

#include "fetch/store.h"

#define S3_PARTS_MAX 10000 /* of an object */

void s3_checksum_header(struct response *r, const char *name, const char *value, size_t len);

/* The head is whole: what it says goes to r->info.sum. md5: the server's ETags are as above. */
void s3_checksum_head(struct response *r, bool md5);

#endif
