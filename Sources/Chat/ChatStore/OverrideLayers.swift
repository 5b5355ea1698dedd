package import ChatModel
import Postgres

/// What is given and taken beside the roles of a channel, for one user in one channel: the layers in the order in which
/// they are laid over one another.
package struct OverrideLayers: Sendable, Hashable {
    /// What one layer gives and takes; what it gives wins.
    package struct Rule: Sendable, Hashable {
        package var allow: Capability
        package var deny: Capability

        package init(allow: Capability = [], deny: Capability = []) {
            self.allow = allow
            self.deny = deny
        }
    }

    /// What the user's roles of the app give everywhere.
    package var granted: Capability
    package var everyone: Rule
    /// Of all the user's roles together.
    package var roles: Rule
    package var user: Rule

    package init(granted: Capability = [], everyone: Rule = Rule(), roles: Rule = Rule(), user: Rule = Rule()) {
        self.granted = granted
        self.everyone = everyone
        self.roles = roles
        self.user = user
    }

    /// Nothing is given or taken.
    package static let none = OverrideLayers()

    /// SQL for the layers of a user in the channel `c`, as an array that ``init(_:_:)`` reads.
    ///
    /// - Parameter user: SQL for the user's id.
    static func sql(of user: String) -> String {
        """
        (SELECT ARRAY[
            coalesce((SELECT bit_or(r.capabilities) FROM user_roles g JOIN app_roles r ON r.id = g.role_id
                WHERE g.app_id = c.app_id AND g.user_id = \(user)), 0),
            coalesce(bit_or(o.allow) FILTER (WHERE o.subject = 'everyone'), 0),
            coalesce(bit_or(o.deny) FILTER (WHERE o.subject = 'everyone'), 0),
            coalesce(bit_or(o.allow) FILTER (WHERE o.subject = 'role'), 0),
            coalesce(bit_or(o.deny) FILTER (WHERE o.subject = 'role'), 0),
            coalesce(bit_or(o.allow) FILTER (WHERE o.subject = 'user'), 0),
            coalesce(bit_or(o.deny) FILTER (WHERE o.subject = 'user'), 0)]
        FROM channel_overrides o WHERE o.app_id = c.app_id AND o.channel_id = c.id AND (
            o.subject = 'everyone' OR o.subject = 'user' AND o.subject_id = \(user)
            OR o.subject = 'role' AND EXISTS (
                SELECT FROM user_roles g
                WHERE g.app_id = c.app_id AND g.user_id = \(user) AND g.role_id = o.subject_id)))
        """
    }

    /// Reads a column of ``sql(of:)``.
    init(_ row: PostgresRow, _ column: Int) throws {
        let bits = try row.decode(column, as: [Int64].self).map { Capability(rawValue: $0) }
        guard bits.count == 7 else { throw StoreError.missingRow }
        self.init(
            granted: bits[0], everyone: Rule(allow: bits[1], deny: bits[2]), roles: Rule(allow: bits[3], deny: bits[4]),
            user: Rule(allow: bits[5], deny: bits[6]))
    }
}
