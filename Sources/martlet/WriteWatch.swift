import ChatStore
import Lifecycle
import Synchronization
import Telemetry

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Looks after the room on the disks of Martlet's own servers, and whether PostgreSQL can write where statements have shown
/// that it cannot.
///
/// PostgreSQL ends when it cannot write its log, and cannot start again before there is room. So with the last few
/// megabytes nothing is tried any more: what is sent is refused with the reason, what is read is answered, and all goes on
/// as soon as there is room.
final class WriteWatch: Service {
    /// A folder whose disk is looked after.
    struct Disk: Sendable, Hashable {
        let folder: String
        /// Whether PostgreSQL is what cannot write there.
        let holdsMessages: Bool
    }

    let name = "disk"
    private static let interval = Duration.milliseconds(500)

    private let store: ChatStore
    private let disks: [Disk]
    private let logger: Logger
    private let stopping = Latch()
    private let full = Mutex<[Disk: FreeSpace]>([:])

    init(store: ChatStore, disks: [Disk], logger: Logger, metrics: Metrics) {
        self.store = store
        self.disks = disks
        self.logger = logger.named("disk")
        metrics.gauge("martlet_disk_free_bytes", "Room on the fullest disk of the embedded servers; 0 without any.") {
            Double(disks.compactMap { FreeSpace.measure($0.folder)?.free }.min() ?? 0)
        }
    }

    /// Why nothing can be stored.
    var obstacle: String? {
        switch store.writability.trouble {
        case .diskFull: "No space left on device: PostgreSQL cannot write; make room on the disk of its data folder"
        case .readOnly: "PostgreSQL takes no writes: database.url does not lead to the primary"
        case nil: nil
        }
    }

    func run() async throws {
        while !stopping.isOpen {
            look()
            if store.writability.needsProof { try? await store.proveWrites() }
            _ = await stopping.wait(until: .now + Self.interval)
        }
    }

    func shutdown() { stopping.open() }

    private func look() {
        var reserved: (folder: String, free: Int)?
        for disk in disks {
            guard let (free, size) = FreeSpace.measure(disk.folder) else { continue }
            let (wasFull, isFull) = full.withLock { rooms in
                let before = rooms[disk]?.isFull ?? false
                rooms[disk, default: FreeSpace()].measured(free: free, size: size)
                return (before, rooms[disk]?.isFull ?? false)
            }
            if isFull, disk.holdsMessages { reserved = reserved ?? (disk.folder, free) }
            guard isFull != wasFull, !disk.holdsMessages, !isToldOfAlready else { continue }
            if isFull {
                logger.error(
                    "disk.full",
                    [
                        "error": "No space left on device", "folder": .string(disk.folder), "free": .int(free),
                        "remedy": "make room there; messages are taken, and what waits is made up for then",
                    ])
            } else {
                logger.info("disk.has_room", ["folder": .string(disk.folder), "free": .int(free)])
            }
        }
        store.writability.reserve(
            reserved != nil,
            reason: "No space left on device: \(reserved?.folder ?? "") has \(reserved?.free ?? 0) bytes left")
    }

    /// Whether the disk that is full was told of already, as PostgreSQL's.
    private var isToldOfAlready: Bool {
        full.withLock { rooms in rooms.contains { $0.key.holdsMessages && $0.value.isFull } }
    }
}

/// Whether there is room on a disk, with some distance between too little and enough.
struct FreeSpace: Sendable {
    /// PostgreSQL takes 16 MiB at a time for its log.
    private static let least = 24 << 20

    private(set) var isFull = false

    /// - Parameters:
    ///   - free: Bytes that the servers may still use.
    ///   - size: Bytes of the whole disk: of a small one less is kept back.
    mutating func measured(free: Int, size: Int) {
        let limit = min(Self.least, size / 64)
        isFull = free < (isFull ? limit * 2 : limit)
    }

    /// Nil when the folder is not there.
    static func measure(_ folder: String) -> (free: Int, size: Int)? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        let unit = Int(status.f_frsize)
        return (Int(status.f_bavail) * unit, Int(status.f_blocks) * unit)
    }
}
