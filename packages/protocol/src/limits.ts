/**
 * Bounds of protocol version 1 (rule L7). They are part of the protocol, not settings: two peers with different bounds
 * would disagree about what is valid. Each one names the attack it stops.
 */
export const PROTOCOL_VERSION = 1;

/** Bytes of one update offered to `ingest`: a giant message that must be held whole before it can be judged. */
export const MAX_UPDATE_BYTES = 4 * 1024 * 1024;
/** Bytes of one block, header and signature included: a block that fits no message. */
export const MAX_BLOCK_BYTES = 1024 * 1024 + 1024;
/** Bytes of a header: a header that is scanned for long before its signature is looked at. */
export const MAX_HEADER_BYTES = 256;
/** Inflated bytes of a payload of any writer but the orchestrator: a bomb of 1,000 times its size on the wire. */
export const MAX_PAYLOAD_BYTES = 256 * 1024;
/** Inflated bytes of a payload of canon; it must hold all effects of any one block (256 KiB and 1,024 records). */
export const MAX_CANON_PAYLOAD_BYTES = 1024 * 1024;
/** Bytes of one encoded record: a record that starves the others of its block. */
export const MAX_RECORD_BYTES = 64 * 1024;
/** Bytes of one text: a text that costs minutes to normalise. */
export const MAX_STRING_BYTES = 32 * 1024;
/** Nesting of arrays and maps in a payload: a stack overflow in a recursive reader. */
export const MAX_NESTING = 16;
/** Records in a block: a block whose effects do not fit into one block of canon. */
export const MAX_RECORDS_PER_BLOCK = 1024;
/** Records in a block of canon. */
export const MAX_CANON_RECORDS_PER_BLOCK = 8192;
/** Blocks in one Y.Array: Yjs copies a whole array when it merges an item, so appending would grow quadratic. */
export const BLOCKS_PER_SEGMENT = 1024;
/** Blocks in one generation: a document that never leaves memory. */
export const MAX_BLOCKS_PER_GENERATION = 65_536;
/** Credentials in a chain: a chain that costs a thousand signature checks. */
export const MAX_CHAIN_LENGTH = 8;
/** Characters of one credential, token or grant: a token that fills the HTTP header. */
export const MAX_TOKEN_CHARS = 4096;
/** Bytes of an ephemeral message (heartbeat, presence): a flood that nobody stores but everybody forwards. */
export const MAX_EPHEMERAL_BYTES = 4096;
/** Bytes of a presence: a long name that everybody holds for everybody. */
export const MAX_PRESENCE_BYTES = 768;
/** Bytes of a claim: padding that everybody forwards. */
export const MAX_CLAIM_BYTES = 384;
/** A message of the application: a hint for people and extensions, not a way to move data. It is forwarded by everybody. */
export const MAX_MESSAGE_BYTES = 2048;
/** Milliseconds that a presence or a claim holds from its first sight: a claim that stands for ever, and its problem with it. */
export const MAX_EPHEMERAL_LIFETIME_MS = 60_000;

/** Characters of a memory's key: a key that every list of keys carries. */
export const MAX_MEMORY_KEY_CHARS = 1024;
/** Bytes of the value of an item of a memory, as CBOR: one item that crowds out all others. */
export const MAX_MEMORY_VALUE_BYTES = 32 * 1024;
/** Characters of a member: a text that every search reads. */
export const MAX_MEMORY_MEMBER_CHARS = 8192;
/** Members of an item: a list that is copied with each change. */
export const MAX_MEMORY_MEMBERS = 1024;
/** Ops of a write: thousands of changes of one large item for a few bytes each. */
export const MAX_MEMORY_OPS = 512;
/** Bytes of the ops of a write: a record that canon could not hold together with its author's place. */
export const MAX_MEMORY_WRITE_BYTES = 60 * 1024;
/** Items of a space: a list that nobody can read to its end. */
export const MAX_MEMORY_ITEMS = 65_536;
/** Spaces of a swarm: a name for each write. */
export const MAX_MEMORY_SPACES = 256;
/** Bytes of all items of a swarm, about: every peer holds them, and every checkpoint carries them. */
export const MAX_MEMORY_BYTES = 64 * 1024 * 1024;
