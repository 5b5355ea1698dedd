import Foundation

/// A row as a line.
enum RowText {
    static func line(_ row: Row) -> String {
        var text = "\(row.load) \(row.peer) \(row.variant) \(row.size): \(number(row.value)) \(row.unit)"
        if let p50 = row.p50 {
            text += ", p50 \(number(p50)) p99 \(number(row.p99 ?? 0)) p99.9 \(number(row.p999 ?? 0)) ms"
        }
        if let rate = row.latencyRate { text += " at \(number(rate))/s" }
        text +=
            ", cores: server \(number(row.serverCores ?? 0)) pg \(number(row.databaseCores ?? 0)) redis \(number(row.redisCores ?? 0)) bench \(number(row.generatorCores ?? 0))"
        if let others = row.otherCores, others > 0.1 { text += " OTHERS \(number(others))" }
        if let memory = row.memory { text += ", \(number(memory / 1e6)) MB" }
        if let lost = row.lost, lost > 0 { text += ", LOST \(lost)" }
        if let note = row.note { text += " (\(note))" }
        return text
    }

    static func number(_ value: Double) -> String {
        if value >= 1000 { return String(Int(value.rounded())) }
        return String(format: value < 10 ? "%.2f" : "%.1f", value)
    }
}
