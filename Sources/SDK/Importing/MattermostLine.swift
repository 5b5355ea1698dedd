/// One line of Mattermost's bulk export, with its names.
struct MattermostLine: Decodable {
    struct ChannelItem: Decodable {
        var team: String
        var name: String
        var display_name: String?
        var type: String?
        var header: String?
        var deleted_at: Int64?
        var delete_at: Int64?
    }
    struct User: Decodable {
        struct Team: Decodable {
            struct Membership: Decodable {
                var name: String
                var roles: String?
            }
            var name: String
            var channels: [Membership]?
        }
        var username: String
        var email: String?
        var nickname: String?
        var first_name: String?
        var last_name: String?
        var roles: String?
        var delete_at: Int64?
        var teams: [Team]?
    }
    struct Reaction: Decodable {
        var user: String
        var emoji_name: String
    }
    struct Attachment: Decodable { var path: String? }
    struct Post: Decodable {
        var team: String?
        var channel: String?
        var channel_members: [String]?
        var user: String
        var type: String?
        var message: String?
        var create_at: Int64
        var edit_at: Int64?
        var delete_at: Int64?
        var reactions: [Reaction]?
        var replies: [Post]?
        var attachments: [Attachment]?
    }
    struct Direct: Decodable {
        struct Participant: Decodable { var username: String }
        var members: [String]?
        var participants: [Participant]?
        var people: [String] { members ?? participants?.map(\.username) ?? [] }
    }

    var type: String
    var version: Int?
    var channel: ChannelItem?
    var user: User?
    var post: Post?
    var direct_channel: Direct?
    var direct_post: Post?
}
