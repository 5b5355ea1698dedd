import CFuzzer

/// Runs libFuzzer on one target: `martlet-fuzz <target> [libFuzzer's options and folders]`; `scripts/fuzz` calls it.
@main
enum FuzzProgram {
    /// What libFuzzer calls; it takes a plain C function, so the target stands here.
    nonisolated(unsafe) private static var target = FuzzTarget.all[0]

    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count > 1, let chosen = FuzzTarget.all.first(where: { $0.name == arguments[1] }) else {
            for target in FuzzTarget.all { print(target.name, target.maximumBytes) }
            return
        }
        target = chosen
        var words = ([arguments[0], "-max_len=\(chosen.maximumBytes)"] + arguments.dropFirst(2))
            .map { strdup($0) as UnsafeMutablePointer<CChar>? }
        words.append(nil)
        var count = Int32(words.count - 1)
        let status = words.withUnsafeMutableBufferPointer { buffer -> Int32 in
            var vector = buffer.baseAddress
            return LLVMFuzzerRunDriver(&count, &vector) { bytes, count in
                FuzzProgram.target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
                return 0
            }
        }
        exit(status)
    }
}
