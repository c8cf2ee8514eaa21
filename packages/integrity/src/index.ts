// The one door of the package: explicit re-exports, nothing else is reachable.

export { InvariantError, assert, assertNever, mustExist } from "./assert.ts";
export {
  type Ack,
  type BlockBody,
  type BlockHeader,
  type BlockRef,
  type CheckpointVote,
  type CoinShare,
  type CommitVote,
  type ControlEntry,
  type SignedBlock,
  type VerifiedBlock,
  compareDigests,
  compareRefs,
  hasPayload,
  isSameRef,
} from "./block.ts";
export { type Brand } from "./brand.ts";
export {
  type AbortFlag,
  type AuditCursor,
  type AuditFinding,
  type AuditOptions,
  type AuditSource,
  type AuditStep,
  type Replay,
  type ReplayJob,
  type ReplayedUpdate,
  auditLineage,
} from "./chain/audit.ts";
export { type LineageHead, headOf, linkFault } from "./chain/lineage.ts";
export { type CheckpointCertificate, type CheckpointSignature, type CheckpointStatement } from "./checkpoint.ts";
export {
  type BlockDraft,
  type BlockOrigin,
  type BlockRoots,
  bodyRoots,
  buildBlock,
  decodeBlock,
  genesisRef,
  genesisRefs,
  restoreBlock,
} from "./codec/block-codec.ts";
export { decodeBlockHeader } from "./codec/block-wire.ts";
export {
  type CheckpointContext,
  type CheckpointSigner,
  checkpointDigest,
  decodeCheckpoint,
  encodeCheckpoint,
  isCheckpointSigned,
  signCheckpoint,
  verifyCheckpoint,
} from "./codec/checkpoint-codec.ts";
export { decodeCommit, sealCommit } from "./codec/commit-codec.ts";
export {
  committeeOfEpoch,
  decodeEpochStart,
  encodeEpochStart,
  epochStartDigest,
  epochStartFault,
  epochStartOf,
  restoreEpochStart,
} from "./codec/epoch-codec.ts";
export {
  buildEndMarker,
  decodeEndMarkerPart,
  encodeEndMarkerPart,
  endMarkerPartDigest,
  endMarkersWire,
  readEndMarkers,
} from "./codec/end-marker-codec.ts";
export { FieldReader, type IntegerRange, type ListShape, type RecordShape } from "./codec/fields.ts";
export {
  chainIdOf,
  committeeOf,
  decodeGenesis,
  encodeGenesis,
  genesisFromJson,
  genesisToJson,
} from "./codec/genesis-codec.ts";
export { genesisFault } from "./codec/genesis-soundness.ts";
export { type MemberIdentity, memberFault, membersFault, togetherFault } from "./codec/member-soundness.ts";
export { type DecodeBounds, type WireValue, decode, encode, isSameBytes, wireInteger } from "./codec/msgpack.ts";
export { isSoundPublicKey } from "./codec/public-key.ts";
export {
  type GovernanceSigner,
  dealingPartCount,
  decodeGovernance,
  isGovernanceSigned,
  isGovernanceTransaction,
  signApproval,
  signDealing,
  signProposal,
} from "./codec/governance-codec.ts";
export {
  type ReceiptContext,
  buildReceipt,
  decodeReceipt,
  encodeReceipt,
  verifyReceipt,
} from "./codec/receipt-codec.ts";
export {
  type UpdateClaim,
  decodeSignedUpdate,
  decodeUpdateHeader,
  deviceIdOf,
  encodeUpdateHeader,
  signUpdate,
  signUpdateClaim,
  verifyUpdate,
} from "./codec/update-codec.ts";
export { type BlockContext, type BlockRejection, verifyBlock } from "./codec/verify-block.ts";
export { decodeVersionRecord, sealVersionRecord } from "./codec/version-record-codec.ts";
export { type CoinTickets, coinTicketsOf, firstTicketOf } from "./coin-tickets.ts";
export { type Commit, type SealedCommit, type Slot, slotName } from "./commit.ts";
export {
  type Committee,
  type CommitteeMember,
  StakeTally,
  type Validator,
  committeeSize,
  createCommittee,
  isMember,
  memberOf,
  stakeOf,
  stakeOfAll,
} from "./committee.ts";
export { type Crypto, type Sha256, type Signer, type VerifySignature } from "./crypto/port.ts";
export { type DealingContext, type DealingRecipient, type DealingScheme, type DealtPublicKeys } from "./dealing.ts";
export {
  type BlockDigest,
  type ChainId,
  type CommitDigest,
  DIGEST_SIZE_BYTES,
  type DeviceId,
  type Digest,
  type DigestKind,
  type UpdateDigest,
  type VersionDigest,
  bytesFromHex,
  digestFromBytes,
  digestFromHex,
  digestOf,
  digestToBytes,
  hexFromBytes,
  isDigestHex,
  zeroDigest,
} from "./digest.ts";
export { type EpochBase, type EpochCoin, type EpochMember, type EpochStart } from "./epoch.ts";
export {
  type AuthorMarkers,
  END_MARKER_KIND,
  type EndMarkerPart,
  type ListedUpdate,
  type MarkerStrand,
} from "./end-marker.ts";
export { type EndMarkerContext, EndMarkerTally } from "./end-marker-tally.ts";
export { type Rejection, type RejectionCode, rejection } from "./fault.ts";
export {
  type Genesis,
  type GenesisCoin,
  type GenesisDevice,
  type GenesisModel,
  type GenesisValidator,
  type ModelPolicy,
  NORM_UNIT,
  type TensorShape,
} from "./genesis.ts";
export {
  type AddMember,
  type CommitteeChange,
  type CommitteeProposal,
  type GovernanceTransaction,
  type RemoveMember,
  type ReweighMember,
  type RotateKey,
  type SignedApproval,
  type SignedDealingPart,
  type SignedProposal,
} from "./governance.ts";
export {
  type CoinIndex,
  type CommitIndex,
  type Epoch,
  type ModelId,
  type Round,
  SCORE_MAX,
  type Score,
  type SequenceNumber,
  type ValidatorIndex,
  type VersionNumber,
  coinIndex,
  commitIndex,
  epoch,
  isCount,
  isModelId,
  isScore,
  modelId,
  round,
  score,
  sequenceNumber,
  validatorIndex,
  versionNumber,
} from "./ids.ts";
export {
  BLOCK_HEADER_MAX_BYTES,
  BLOCK_MAX_BYTES,
  CHECKPOINT_MAX_BYTES,
  COIN_SHARES_MAX,
  COMMITTEE_SIZE_MAX,
  COMMIT_BLOCKS_MAX,
  COMMIT_MAX_BYTES,
  CONTAINER_HEADER_MAX_BYTES,
  CONTAINER_TENSORS_MAX,
  CONTROL_PAYLOAD_MAX_BYTES,
  DEALING_PARTS_MAX,
  DEALING_PART_BYTES,
  END_MARKER_PARTS_MAX,
  END_MARKER_STRANDS_MAX,
  EPOCH_START_MAX_BYTES,
  GENESIS_DEVICES_MAX,
  GENESIS_MAX_BYTES,
  GENESIS_MODELS_MAX,
  GENESIS_TENSORS_MAX,
  GOVERNANCE_CHANGES_MAX,
  GOVERNANCE_MAX_BYTES,
  MERKLE_PATH_MAX,
  MSGPACK_DEPTH_MAX,
  MSGPACK_ITEMS_MAX,
  NAME_MAX_BYTES,
  PAYLOAD_CHUNKS_MAX,
  PAYLOAD_CHUNK_MAX_BYTES,
  PAYLOAD_CHUNK_MIN_BYTES,
  PAYLOAD_MAX_BYTES,
  PRIVACY_MAX_BYTES,
  RECEIPT_MAX_BYTES,
  SIGNED_UPDATE_MAX_BYTES,
  STAKE_MAX,
  STORE_KEY_MAX_CHARS,
  TENSOR_NAME_MAX_CHARS,
  TENSOR_RANK_MAX,
  VERSION_METRICS_MAX,
  VERSION_RECORD_MAX_BYTES,
  VERSION_UPDATES_MAX,
} from "./limits.ts";
export {
  DEFAULT_PROTOCOL_PARAMS,
  PROTOCOL_PARAM_CEILINGS,
  PROTOCOL_PARAM_NAMES,
  type ProtocolParams,
  coinShareAt,
  unsoundParams,
} from "./params.ts";
export { type AvailabilityReceipt, type ReceiptAck } from "./receipt.ts";
export { type Result, err, ok } from "./result.ts";
export {
  type ClosedSequences,
  DELTA_CODECS,
  type DeltaCodec,
  type SignedUpdate,
  type UpdateHeader,
  type UpdateKey,
  updateKeyOf,
  updateKeyParts,
  updateStreamOf,
} from "./update.ts";
export {
  AGGREGATOR_NAMES,
  type AggregatorName,
  type AggregatorSpec,
  type AppliedUpdate,
  CLIP_RULES,
  type ClipRule,
  type SealedVersionRecord,
  type VersionMetric,
  type VersionRecord,
} from "./version-record.ts";
export { dealingSecretOf, encryptionKeyOf, isGroupKey } from "./crypto/dealing-key.ts";
export {
  type CoinGroup,
  ELEMENT_SEED_SIZE_BYTES,
  ELEMENT_SIZE_BYTES,
  type GroupElement,
  type Term,
  ristrettoGroup,
} from "./crypto/group.ts";
export { type OnSlowPath, type SlowPathUse, nativeFirstVerify } from "./crypto/native-first.ts";
export {
  PUBLIC_KEY_SIZE_BYTES,
  SECRET_KEY_SIZE_BYTES,
  SIGNATURE_SIZE_BYTES,
  portableCrypto,
  portableSigner,
} from "./crypto/portable.ts";
export {
  SCALAR_SIZE_BYTES,
  SCALAR_WIDE_SIZE_BYTES,
  type Scalar,
  ZERO_SCALAR,
  scalarAdd,
  scalarFromBytes,
  scalarFromBytesWide,
  scalarFromNumber,
  scalarInvert,
  scalarMultiply,
  scalarNegate,
  scalarSubtract,
  scalarToBytes,
} from "./crypto/scalar.ts";
export { CompactRange, type Frontier } from "./merkle/compact-range.ts";
export { type ConsistencyClaim, consistencyPath, verifyConsistency } from "./merkle/consistency-proof.ts";
export { type InclusionClaim, inclusionPath, verifyInclusion } from "./merkle/inclusion-proof.ts";
export { TREE_HASH_SIZE_BYTES, emptyRoot, leafHash, nodeHash } from "./merkle/tree-hash.ts";
export { leafHashes, rootOfLeafHashes, rootOfLeaves } from "./merkle/tree.ts";
export { PayloadAssembler } from "./payload/payload-assembler.ts";
export {
  PAYLOAD_CHUNK_BYTES,
  type PayloadManifest,
  type PayloadSummary,
  type VerifiedManifest,
  checkSummary,
  chunkCount,
  chunkSizeAt,
  isChunkSize,
  payloadManifest,
  payloadRoot,
  verifyManifest,
} from "./payload/payload-manifest.ts";
export { type Chunk, chunkOf, verifyChunk } from "./payload/payload-tree.ts";
export { MemoryDisk, MemoryStore } from "./store/memory-store.ts";
export { type RecordAddress, SEAL_SIZE_BYTES, sealRecord, unsealRecord } from "./store/sealed-record.ts";
export {
  type BatchOptions,
  STORE_SPACES,
  type Store,
  type StoreEntry,
  StoreError,
  type StoreErrorCode,
  type StoreErrorDetail,
  type StoreKey,
  type StoreOp,
  type StoreRange,
  type StoreSpace,
  assertStoreKey,
  assertStoreRange,
  isStoreKey,
} from "./store/store.ts";
export { type DeltaOptions } from "./tensor/delta-codec.ts";
export { DEFAULT_DELTA_OPTIONS, type DeltaTarget, decodeDelta, encodeDelta } from "./tensor/delta.ts";
export { type DType, elementCount, elementSizeBytes, isDType } from "./tensor/dtype.ts";
export { float32FromBytes, float32ToBytes, isAllFinite } from "./tensor/elements.ts";
export { compareNames, isTensorName } from "./tensor/names.ts";
export {
  type Container,
  type TensorView,
  canonicalSafetensors,
  readCanonicalSafetensors,
  readSafetensors,
  writeContainer,
} from "./tensor/safetensors.ts";
export {
  type ModelShape,
  type WeightTensor,
  type Weights,
  isModelShape,
  isSameShape,
  modelShapeOf,
  normL2,
  readWeights,
  weightsFromContainer,
  weightsOf,
  writeWeights,
} from "./tensor/weights.ts";
export { textFromUtf8, utf8FromText } from "./utf8.ts";
