/// SplitMix64: the same numbers for the same seed, on every machine.
struct RandomSource: RandomNumberGenerator {
    private var state: UInt64

    /// - Parameter stream: Keeps the numbers of one part of a run apart from those of the others.
    init(seed: UInt64, stream: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 ^ (stream &* 0xD1B5_4A32_D192_ED03) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }

    mutating func duration(_ seconds: ClosedRange<Double>) -> Duration {
        .milliseconds(Int(Double.random(in: seconds, using: &self) * 1000))
    }
}
