import Settings

/// What is known of one bridge file.
struct BridgeSlot: Sendable {
    var signature = ""
    /// nil before it was read for the first time.
    var content: [UInt8]?
    var file: BridgeFile?
    var worker: BridgeWorker?
    var problems: [SettingsProblem] = []
    /// Other files that the bridge is made of, such as lists of words, and how they were when it was made.
    var others: [String] = []
    var othersSignature = ""
    /// When a bridge that could not be made is tried again.
    var retry: ContinuousClock.Instant?
    /// The kind that the text names, also when the rest of it cannot be read.
    var kind: String?

    /// What the bridge is called, also when its file cannot be read.
    func name(_ path: String) -> String {
        file?.name ?? path.split(separator: "/").last.map(String.init) ?? path
    }
}
