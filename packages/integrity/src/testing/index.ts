// The second door of the package: what other packages' tests need, and nothing that a running node imports.

export { type StoreFactory, type StoreFixture, describeStore } from "./store-suite.ts";
export {
  EMPTY_BODY,
  type TestCommittee,
  type TestDevice,
  testCommittee,
  testDealingSecret,
  testDevice,
  testEncryptionKey,
  testSigner,
} from "./test-committee.ts";
export {
  arbitraryBody,
  arbitraryBytes,
  arbitraryCommit,
  arbitraryCount,
  arbitraryDigest,
  arbitraryDraft,
  arbitraryHeader,
  arbitraryRef,
  arbitraryUpdate,
  arbitraryUpdateHeader,
  arbitraryVersionRecord,
} from "./arbitraries.ts";
