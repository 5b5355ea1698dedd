/// Patterns with `*` (any characters) and `?` (one character).
enum Glob {
    /// Whether `pattern` matches all of `name`; takes time in the product of both lengths at worst.
    static func matches(_ pattern: String, _ name: String) -> Bool {
        let pattern = Array(pattern)
        let name = Array(name)
        var place = 0
        var star: (pattern: Int, name: Int)?
        var index = 0
        while index < name.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, index)
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == name[index] {
                place += 1
                index += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                place = last.pattern + 1
                index = last.name + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
