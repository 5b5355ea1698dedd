import Crypto
import EmbeddedServers
import EventLoop
import Foundation
import Settings

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The machine that the server runs on: folders and their rights, room, descriptors, certificate, address.
struct MachineCheck: Sendable {
    /// Below it somebody should look for room.
    private static let scarceBytes = 1 << 30
    private static let scarcePart = 10
    /// With fewer, few clients are served.
    private static let fewDescriptors = 4096
    /// Before a certificate's end, in seconds.
    private static let renewalTime: Int64 = 14 * 86_400

    let settings: Settings
    /// The data folder without symbolic links; as given when it is not there.
    let folder: String
    /// The server that holds the data folder.
    let holder: Int32?
    /// Seconds since 1970.
    let now: Int64

    var results: [CheckResult] { [dataFolder] + privacy + [disk, descriptors] + tls }

    private var dataFolder: CheckResult {
        let name = "data folder"
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) else {
            let parent = URL(fileURLWithPath: folder).deletingLastPathComponent().path
            guard access(parent, W_OK) == 0 else {
                return .failed(
                    name, "\(folder) is not there and cannot be made: \(parent) is not ours to write in",
                    "make the folder for the server's user, or name another: data: FOLDER or --data FOLDER")
            }
            return .good(name, "\(folder) is not there yet; the first start makes it")
        }
        guard isFolder.boolValue else {
            return .failed(name, "\(folder) is a file", "name a folder: data: FOLDER or --data FOLDER")
        }
        guard access(folder, R_OK | W_OK | X_OK) == 0 else {
            return .failed(
                name, "\(folder) cannot be written by this user",
                "run as the user that the server runs as, or give that user the folder: chown -R USER \(folder)")
        }
        let who = holder.map { $0 > 0 ? "; a server runs on it (process \($0))" : "; a server runs on it" } ?? ""
        return .good(name, "\(folder) can be written\(who)")
    }

    /// What nobody else may read: keys and passwords.
    private var privacy: [CheckResult] {
        let name = "rights"
        var open: [String] = []
        for file in ["token.key", "admin.json", "demo.json"] {
            var status = stat()
            guard stat("\(folder)/\(file)", &status) == 0 else { continue }
            if status.st_mode & 0o077 != 0 { open.append("\(folder)/\(file)") }
        }
        var status = stat()
        if stat(folder, &status) == 0, status.st_mode & 0o002 != 0 {
            return [
                .failed(name, "\(folder) can be written by everybody", "chmod o-w \(folder)")
            ]
        }
        guard open.isEmpty else {
            return [
                .failed(
                    name, "others can read \(open.joined(separator: ", "))",
                    "chmod 600 \(open.joined(separator: " ")); who may have read a key can sign tokens: make new ones")
            ]
        }
        return [.good(name, "keys and passwords are the server's alone")]
    }

    private var disk: CheckResult {
        let name = "disk"
        var place = folder
        while !FileManager.default.fileExists(atPath: place), place.count > 1 {
            place = URL(fileURLWithPath: place).deletingLastPathComponent().path
        }
        let places = [place, "\(folder)/postgres/pg_wal"].compactMap { path in
            FreeSpace.measure(path).map { (path: path, free: $0.free, size: $0.size) }
        }
        guard let least = places.min(by: { $0.free < $1.free }) else {
            return .failed(name, "\(place) cannot be looked at", "name a folder that this user may enter")
        }
        let percent = least.size > 0 ? least.free * 100 / least.size : 0
        let detail = "\(Self.bytes(least.free)) free (\(percent) %) at \(least.path)"
        var room = FreeSpace()
        room.measured(free: least.free, size: least.size)
        if room.isFull {
            return .failed(
                name, "\(detail): the server takes no messages",
                "make room there, or move the data folder to another disk")
        }
        if least.free < Self.scarceBytes || percent < Self.scarcePart {
            return .warning(name, detail, "make room there before messages are refused (at 24 MiB)")
        }
        return .good(name, detail)
    }

    private var descriptors: CheckResult {
        let wanted = settings.integer("http.maximum_connections")
        let budget = ConnectionBudget(descriptors: FileLimit.raise(), wanted: wanted)
        let detail = "\(budget.descriptors) descriptors, so \(budget.connections) connections at once"
        guard budget.descriptors < Self.fewDescriptors else { return .good("descriptors", detail) }
        return .warning(
            "descriptors", detail, "raise the limit: LimitNOFILE=65536 in the service's unit, or `ulimit -Hn 65536`")
    }

    private var tls: [CheckResult] {
        let name = "tls"
        guard settings.isGiven("tls.certificate") || settings.isGiven("tls.key") else {
            return [.skipped(name, "no certificate is configured; HTTP is served")]
        }
        let files = ServerTLS(settings, now: now)
        if let problem = files.problems.first {
            return files.problems.map {
                .failed(name, "\($0.path): \($0.message)", problem == $0 ? "mend \($0.path) in \($0.file)" : "as above")
            }
        }
        guard let end = files.notAfter else { return [] }
        let date = Self.date(end)
        if let trouble = files.trouble {
            return [.failed(name, trouble, "renew the certificate, and reload the server")]
        }
        guard end - now > Self.renewalTime else {
            return [
                .warning(
                    name, "the certificate ends on \(date), in \((end - now) / 86_400) days",
                    "renew it, and reload the server")
            ]
        }
        return [.good(name, "certificate and key fit; good until \(date)")]
    }

    static func bytes(_ count: Int) -> String {
        count >= 1 << 30 ? "\(count >> 30) GiB" : count >= 1 << 20 ? "\(count >> 20) MiB" : "\(count >> 10) KiB"
    }

    static func date(_ seconds: Int64) -> String {
        String(ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: TimeInterval(seconds))).prefix(10))
    }
}
