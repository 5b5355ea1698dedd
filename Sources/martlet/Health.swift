import ChatService
import Foundation
import HTTPRouting
import HTTPTypes
import Lifecycle
import MemoryAllocator
import Postgres
import Redis
import Telemetry

/// `/healthz`: the process answers; `/readyz`: it can serve, be it without Redis; `/metrics`: for Prometheus.
struct Health: Sendable {
    let pool: PostgresPool
    let redis: RedisClient
    let metrics: Metrics
    /// Those whose obstacles are everybody's.
    let services: [any Service]

    init(pool: PostgresPool, redis: RedisClient, metrics: Metrics, services: [any Service]) {
        self.pool = pool
        self.redis = redis
        self.metrics = metrics
        self.services = services
        metrics.gauge("martlet_process_resident_bytes", "Memory of this process, without PostgreSQL and Redis.") {
            Double(Self.residentBytes())
        }
        metrics.gauge(
            "martlet_memory_allocated_bytes", "What the program holds of its memory; 0 where nobody counts."
        ) {
            Double(MemoryAllocator.usage()?.allocated ?? 0)
        }
    }

    var routes: [Route<Principal>] {
        [
            .raw(
                .get, "/healthz", "Whether the process answers", tag: "meta", access: .open, produces: "text/plain"
            ) { _ in HTTPResponse(text: "ok\n") },
            .raw(
                .get, "/readyz", "Whether the server can serve", tag: "meta", access: .open, produces: "text/plain"
            ) { _ in
                for service in services {
                    guard let obstacle = service.obstacle else { continue }
                    throw Problem.unavailable(code: "not_ready", "\(service.name): \(obstacle)")
                }
                do {
                    _ = try await pool.query("SELECT 1")
                } catch {
                    throw Problem.unavailable(code: "database_unavailable", "PostgreSQL does not answer.")
                }
                do {
                    _ = try await redis.pipeline([RedisCommand("PING")], timeout: .seconds(1))
                } catch {
                    // Messages are taken, stored and told all the same; bridges, typing and presence wait.
                    return HTTPResponse(text: "degraded: redis\n")
                }
                return HTTPResponse(text: "ready\n")
            },
            .raw(
                .get, "/metrics", "Metrics in Prometheus' text format", tag: "meta", access: .open,
                produces: "text/plain"
            ) { _ in
                HTTPResponse(text: metrics.exposition(), type: "text/plain; version=0.0.4; charset=utf-8")
            },
        ]
    }

    /// Pages in memory, from the kernel's own count.
    static func residentBytes() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
    }
}
