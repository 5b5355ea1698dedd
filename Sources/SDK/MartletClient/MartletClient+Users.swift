public import ChatModel
import HTTPTypes

extension MartletClient {
    /// A person as an import names it.
    public struct ImportedPerson: Codable, Sendable, Hashable {
        /// The unique short name.
        public var handle: String
        /// The name to show.
        public var name: String?

        /// Makes a value; nothing is sent.
        public init(handle: String, name: String? = nil) {
            self.handle = handle
            self.name = name
        }
    }

    /// A user's number and handle.
    public struct KnownPerson: Codable, Sendable, Hashable {
        /// Numbers the user.
        public var id: UserID
        /// As it was first written; handles compare without regard to case.
        public var handle: String
    }

    /// Who the caller is.
    public func me() async throws -> User { try await call(.get, "/v1/me") }

    /// The user of a handle.
    public func user(handle: String) async throws -> User {
        try await call(.get, "/v1/users/by-handle/\(Self.segment(handle))")
    }

    /// Makes those of up to 1000 people who are not there yet; for administrators.
    ///
    /// - Returns: All of them, in any order.
    public func importPeople(_ people: [ImportedPerson]) async throws -> [KnownPerson] {
        struct Body: Encodable {
            var users: [ImportedPerson]
        }
        struct Answer: Decodable {
            var users: [KnownPerson]
        }
        return try await (call(.post, "/v1/users/import", Body(users: people)) as Answer).users
    }
}
