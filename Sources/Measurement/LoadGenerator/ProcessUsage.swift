#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What a process and everything that it started have used.
package struct ProcessUsage: Sendable {
    /// Seconds of processor time.
    package var cpu = 0.0
    /// Bytes.
    package var resident = 0.0

    package init() {}

    /// Adds up the process and its descendants, from `/proc`; nothing where there is none.
    package static func tree(_ root: Int32) -> ProcessUsage {
        var usage = ProcessUsage()
        var children: [Int32: [Int32]] = [:]
        var single: [Int32: ProcessUsage] = [:]
        for identifier in processes() {
            guard let stat = Stat(text("/proc/\(identifier)/stat")) else { continue }
            children[stat.parent, default: []].append(identifier)
            var one = ProcessUsage()
            one.cpu = Double(stat.ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
            one.resident = Double(stat.pages) * Double(sysconf(Int32(_SC_PAGESIZE)))
            single[identifier] = one
        }
        var left = [root]
        while let identifier = left.popLast() {
            if let one = single[identifier] {
                usage.cpu += one.cpu
                usage.resident += one.resident
            }
            left += children[identifier] ?? []
        }
        return usage
    }

    package static var currentIdentifier: Int32 { getpid() }

    /// Of this process.
    package static func own() -> ProcessUsage {
        var usage = ProcessUsage()
        var numbers = rusage()
        #if canImport(Glibc)
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &numbers)
        #else
        getrusage(RUSAGE_SELF, &numbers)
        #endif
        usage.cpu = seconds(numbers.ru_utime) + seconds(numbers.ru_stime)
        return usage
    }

    /// Processor time that all processes of the machine have used together, in seconds; 0 where `/proc/stat` is missing.
    package static func wholeMachine() -> Double {
        let line = text("/proc/stat").prefix { $0 != "\n" }
        // user, nice, system; then idle and iowait, which are none; irq, softirq.
        let ticks = line.split(separator: " ").dropFirst().prefix(7).map { Double($0) ?? 0 }
        guard ticks.count == 7 else { return 0 }
        return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    private static func processes() -> [Int32] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [Int32] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let identifier = Int32(name) { found.append(identifier) }
        }
        return found
    }

    private static func text(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        }
    }

    /// The line in `/proc/<pid>/stat`; see proc(5).
    struct Stat {
        var parent: Int32
        /// Its own and those of its children that have ended, which are in no other place any more.
        var ticks: Int
        var pages: Int

        /// - Returns: nil when it is no such line. The name in it may hold spaces and brackets.
        init?(_ line: String) {
            guard let end = line.lastIndex(of: ")") else { return nil }
            let fields = line[line.index(after: end)...].split(separator: " ")
            guard fields.count > 21, let parent = Int32(fields[1]), let user = Int(fields[11]),
                let system = Int(fields[12]), let endedUser = Int(fields[13]), let endedSystem = Int(fields[14]),
                let pages = Int(fields[21])
            else { return nil }
            self.parent = parent
            ticks = user + system + endedUser + endedSystem
            self.pages = pages
        }
    }
}
