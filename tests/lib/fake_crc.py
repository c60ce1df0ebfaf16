"""CRCs by hand, for the fakes of stores: CRC32C (RFC 3720) and CRC64 as NVMe, S3 and Azure have it."""
POLYNOMIALS = {"crc32c": (0x82F63B78, 4), "crc64nvme": (0x9A6C9329AC4BC9B5, 8)}


def table_of(poly):
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (poly if n & 1 else 0)
        table.append(n)
    return table


TABLES = {kind: table_of(poly) for kind, (poly, _) in POLYNOMIALS.items()}


def crc(kind, data):
    """Its bytes, big-endian."""
    table, size = TABLES[kind], POLYNOMIALS[kind][1]
    value = ones = (1 << 8 * size) - 1
    for byte in data:
        value = value >> 8 ^ table[(value ^ byte) & 255]
    return (value ^ ones).to_bytes(size, "big")
