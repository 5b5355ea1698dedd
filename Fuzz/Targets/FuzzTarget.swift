/// A parser that reads bytes from outside, as a fuzzer calls it.
///
/// `run` takes any bytes and returns; what it must never do is trap, hang or break one of its own promises, which it
/// checks with `precondition`. A refusal is no fault.
struct FuzzTarget: Sendable {
    /// The folder of its inputs in `Fuzz/corpus`.
    let name: String
    /// Longer inputs are cut: what the parser's own limits refuse unread is not worth the time.
    let maximumBytes: Int
    let run: @Sendable ([UInt8]) -> Void

    init(_ name: String, maximumBytes: Int = 4096, _ run: @escaping @Sendable ([UInt8]) -> Void) {
        self.name = name
        self.maximumBytes = maximumBytes
        self.run = run
    }

    /// Whether a refusal's sentence is one for people: no type of Swift, no optional, no memory address.
    static func checkWords(_ text: String) {
        for word in ["Optional(", "DecodingError", "Swift.", "CodingKey", "Foundation.", "Dictionary<", "Array<"] {
            precondition(!text.contains(word), "an error speaks of Swift: \(text)")
        }
    }

    static let all: [FuzzTarget] =
        configurationTargets + httpTargets + gatewayTargets + mailTargets + markupTargets + webhookTargets + wireTargets
        + valueTargets
}
