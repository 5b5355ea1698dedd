import Foundation
import Glibc

/// How far off one process's time of day is, in a file that a library in that process reads at each look at the clock.
///
/// What a process waits for, it measures by the monotonic clock, which stays as it is: so does a machine's when somebody
/// sets its clock.
struct SteppedClock: Sendable {
    /// The library, which is built with this program and lies beside it.
    private static let library: String? = {
        let beside = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let path = beside.appendingPathComponent("libmartlet-clock.so").path
        return access(path, R_OK) == 0 ? path : nil
    }()

    static var isAvailable: Bool { library != nil }
    /// In seconds; days are within what events are kept for: nothing may go by a clock that is wrong.
    static let steps: [Int64] = [3600, -3600, 5 * 86_400, -2 * 86_400, 40, -40]

    private let file: String
    private let preload: String

    /// - Parameter name: Of the process, for the file's name.
    init?(folder: String, name: String) {
        guard let library = Self.library else { return nil }
        file = "\(folder)/\(name).clock"
        // The server's account may not be let into the folder of this program.
        preload = "\(folder)/libmartlet-clock.so"
        if access(preload, R_OK) != 0 { try? FileManager.default.copyItem(atPath: library, toPath: preload) }
        guard FileManager.default.createFile(atPath: file, contents: Self.bytes(0), attributes: nil) else { return nil }
    }

    /// What the process's environment needs.
    var environment: [String: String] { ["LD_PRELOAD": preload, "MARTLET_CLOCK": file] }

    /// - Parameter seconds: One of ``steps``, or 0 for the right time.
    func step(_ seconds: Int64) {
        // In its place: the processes have mapped this very file.
        let handle = FileHandle(forWritingAtPath: file)
        try? handle?.write(contentsOf: Self.bytes(seconds))
        try? handle?.close()
    }

    private static func bytes(_ seconds: Int64) -> Data { withUnsafeBytes(of: seconds) { Data($0) } }
}
