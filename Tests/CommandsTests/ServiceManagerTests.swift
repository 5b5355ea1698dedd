import Foundation
import TestSupport
import Testing

@testable import martlet

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite(.timeLimit(.minutes(1)))
struct ServiceManagerTests {
    /// A socket of datagrams at this address, as systemd has one.
    private func listen(at address: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        try #require(descriptor >= 0)
        var own = sockaddr_un()
        own.sun_family = sa_family_t(AF_UNIX)
        let name = Array(address.replacing("@", with: "\0", maxReplacements: 1).utf8)
        withUnsafeMutableBytes(of: &own.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let status = withUnsafePointer(to: &own) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        try #require(status == 0, "\(String(cString: strerror(errno)))")
        return descriptor
    }

    @Test func `who has started it is told when it serves and when it stops, at a path or a name`() throws {
        for address in [try temporaryDirectory() + "/n", "@martlet-\(UInt64.random(in: .min ... .max))"] {
            let descriptor = try listen(at: address)
            defer { close(descriptor) }
            let manager = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": address]))
            manager.tell(.ready)
            manager.tell(.stopping)
            for text in ["READY=1", "STOPPING=1"] {
                var bytes = [UInt8](repeating: 0, count: 64)
                let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
                #expect(String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self) == text, "\(address)")
            }
        }
    }

    @Test func `without an address, or with one that nobody listens at or that is too long, nobody is told`() {
        #expect(ServiceManager(environment: [:]) == nil)
        #expect(ServiceManager(environment: ["NOTIFY_SOCKET": ""]) == nil)
        #expect(ServiceManager(environment: ["NOTIFY_SOCKET": "vsock:2:1"]) == nil)
        for address in ["/nowhere/at/all", "@\(String(repeating: "x", count: 200))"] {
            ServiceManager(environment: ["NOTIFY_SOCKET": address])?.tell(.ready)
        }
    }
}
