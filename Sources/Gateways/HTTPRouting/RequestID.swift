import Synchronization

/// The name of one request in answers and logs.
enum RequestID {
    /// Where this process's names have got to: from a random place on, in steps that reach every number once.
    private static let place = Atomic<UInt64>(.random(in: .min ... .max))

    /// Takes what the client or a proxy sent, if it is safe to repeat, or makes one.
    static func choose(_ sent: String?) -> String {
        if let sent, (1...128).contains(sent.utf8.count), sent.utf8.allSatisfy(isSafe) { return sent }
        // Fifteen bytes a string holds in itself.
        let digits = String(next() >> 4, radix: 16)
        return String(repeating: "0", count: 15 - digits.utf8.count) + digits
    }

    /// SplitMix64: what looks random, is not secret and hardly comes twice; the kernel's randomness costs a system call.
    private static func next() -> UInt64 {
        var value = place.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-_.:/+=".utf8.contains(byte)
        }
    }
}
