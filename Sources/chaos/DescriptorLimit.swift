import EventLoop
import Foundation
import Glibc
import Lifecycle
import Subprocess

/// Leaves a process no descriptors for new connections, and then connects to it.
struct DescriptorLimit: Sendable {
    private static let connections = 60
    /// What a process may write to its log in that time; each failed `accept` as a line would be many times that.
    private static let logBytes = 256 * 1024

    let node: ServerNode

    /// - Returns: What was not as it should be, and whether the fault happened at all.
    func hold(for length: Duration) async -> (trouble: String?, didHappen: Bool) {
        guard let identifier = node.processIdentifier, let open = Self.openDescriptors(identifier),
            let before = Self.limit(of: identifier), await Self.set(open + 2, identifier)
        else { return (nil, false) }
        let log = Self.size(node.log)
        let processor = Self.processorSeconds(identifier)
        let start = ContinuousClock.now
        let sockets = (0..<Self.connections).compactMap { _ in Self.connect(node.port) }
        try? await Task.sleep(for: length)
        for socket in sockets { close(socket) }
        _ = await Self.set(before, identifier)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        if let used = Self.processorSeconds(identifier), let processor, used - processor > seconds * 0.9 {
            return ("\(node.name) used \(used - processor) s of processor in \(seconds) s without descriptors", true)
        }
        let written = Self.size(node.log) - log
        if written > Self.logBytes { return ("\(node.name) logged \(written) bytes without descriptors", true) }
        return (nil, true)
    }

    private static func openDescriptors(_ identifier: pid_t) -> Int? {
        try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(identifier)/fd").count
    }

    private static func limit(of identifier: pid_t) -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/\(identifier)/limits", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Max open files") })
        else { return nil }
        return line.split(separator: " ").dropFirst(3).first.flatMap { Int($0) }
    }

    /// The soft limit, of a process that is not this one.
    private static func set(_ limit: Int, _ identifier: pid_t) async -> Bool {
        let command = ChildProcess.Command(
            arguments: ["/usr/bin/prlimit", "--pid", "\(identifier)", "--nofile=\(limit):"], log: "/dev/null")
        guard let child = try? ChildProcess.start(command) else { return false }
        await child.ended.wait()
        return child.ending == .code(0)
    }

    private static func connect(_ port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return descriptor
    }

    private static func processorSeconds(_ identifier: pid_t) -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[end...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return nil }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func size(_ path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? Int) ?? 0
    }
}
