// Bounds on what a peer can make us hold or do. Each has a row in docs/limits.md that says what happens at the bound.

/** Longest chain, validator or device name in a genesis file. */
export const NAME_MAX_BYTES = 64;

/** Header of a safetensors container; the format itself allows 100 MB. */
export const CONTAINER_HEADER_MAX_BYTES: number = 4 * 1024 * 1024;

/** Tensors of one container. */
export const CONTAINER_TENSORS_MAX = 65_536;

/** Dimensions of one tensor. */
export const TENSOR_RANK_MAX = 16;

/** UTF-16 code units of a tensor's name. */
export const TENSOR_NAME_MAX_CHARS = 1024;

/** Bytes of one payload, whatever a genesis says. */
export const PAYLOAD_MAX_BYTES: number = 256 * 1024 * 1024;

/** Least and greatest chunk of a payload; chunk sizes are powers of two. */
export const PAYLOAD_CHUNK_MIN_BYTES = 1024;
export const PAYLOAD_CHUNK_MAX_BYTES: number = 4 * 1024 * 1024;

/** Hashes in a Merkle path: no tree of a safe number of leaves is deeper. */
export const MERKLE_PATH_MAX = 54;

/** Characters of a key of the store. */
export const STORE_KEY_MAX_CHARS = 512;

/** Arrays within arrays of one encoded record. */
export const MSGPACK_DEPTH_MAX = 8;

/** Items of one encoded record, unless its codec says otherwise. */
export const MSGPACK_ITEMS_MAX = 262_144;

/** Validators of one committee, and therefore parents of a block. */
export const COMMITTEE_SIZE_MAX = 1024;

/** Stake of one validator: COMMITTEE_SIZE_MAX stakes of this size still sum to a safe integer. */
export const STAKE_MAX: number = 2 ** 40;

/** Public coin shares of one member, and of a whole committee. */
export const COIN_SHARES_MAX: number = 4 * COMMITTEE_SIZE_MAX;

/** The start of an epoch: its members with their keys and shares. */
export const EPOCH_START_MAX_BYTES: number = 512 * 1024;

/** A governance transaction, and the changes of one proposal. */
export const GOVERNANCE_MAX_BYTES: number = 64 * 1024;
export const GOVERNANCE_CHANGES_MAX = 256;

/** A dealing of the coin's key comes in parts of this size, and in so many at most. */
export const DEALING_PART_BYTES: number = 32 * 1024;
export const DEALING_PARTS_MAX = 128;

/** One block on the wire. */
export const BLOCK_MAX_BYTES: number = 2 * 1024 * 1024;

/** One block header, as it stands in a block and in a receipt. */
export const BLOCK_HEADER_MAX_BYTES: number = 128 * 1024;

/** Payload of one control entry. */
export const CONTROL_PAYLOAD_MAX_BYTES: number = 4 * 1024;

/** Parts of one end marker, and of all that is kept of one author's while none is whole; strands of parts that do not join. */
export const END_MARKER_PARTS_MAX = 1024;
export const END_MARKER_STRANDS_MAX = 16;

/** One signed update header. */
export const SIGNED_UPDATE_MAX_BYTES = 1024;

/** Privacy statement of an update header, in UTF-8. */
export const PRIVACY_MAX_BYTES = 256;

/** Blocks of one commit, and its bytes: what a long standstill lets a single leader bring into the output. */
export const COMMIT_BLOCKS_MAX = 262_144;
export const COMMIT_MAX_BYTES: number = 16 * 1024 * 1024;

/** Updates of one version, metrics of its record, and its bytes. */
export const VERSION_UPDATES_MAX = 16_384;
export const VERSION_METRICS_MAX = 16;
export const VERSION_RECORD_MAX_BYTES: number = 1024 * 1024;

/** A genesis file, and what it lists. */
export const GENESIS_MAX_BYTES: number = 8 * 1024 * 1024;
export const GENESIS_DEVICES_MAX = 16_384;
export const GENESIS_MODELS_MAX = 64;
export const GENESIS_TENSORS_MAX = 4096;

/** A checkpoint certificate. */
export const CHECKPOINT_MAX_BYTES: number = 128 * 1024;

/** A portable availability receipt. */
export const RECEIPT_MAX_BYTES: number = 4 * 1024 * 1024;

/** Chunks of one payload: their hashes fit one answer between peers. */
export const PAYLOAD_CHUNKS_MAX = 16_384;
