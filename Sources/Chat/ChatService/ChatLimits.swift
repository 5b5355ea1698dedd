import ChatStore
import Text

/// The bounds of what a client may send; each is named in the error that enforces it.
package enum ChatLimits {
    /// Characters (Unicode scalars) of a message's text.
    package static let text = 16_000
    /// Bytes of a message's attachments and blocks as JSON.
    package static let content = 64 << 10
    /// Characters of a nonce.
    package static let nonce = 128
    /// Characters of a handle.
    package static let handle = NameRule.handle.maximum
    /// Characters of a name to show.
    package static let name = NameRule.display.maximum
    /// Characters of a channel's name.
    package static let channelName = NameRule.channel.maximum
    /// Characters of a channel's topic.
    package static let topic = 1024
    /// Characters of an emoji's name.
    package static let emoji = 64
    /// Different emoji under one message.
    package static let reactionKinds = 64
    /// Users named in one request.
    package static let usersPerRequest = 1000
    /// Incoming webhooks that write to one channel.
    package static let hooksPerChannel = 100
    /// Bots of an app.
    package static let bots = 1000
    /// Members of a group channel.
    package static let groupMembers = 20
    /// Channels of one user in one page.
    package static let channelsPerList = 1000
    /// Rows of one page.
    package static let page = ChatStore.largestPage
    /// Bytes of what a log-in names an account by, a handle or an address; and of an app's name.
    package static let login = 256
    /// Characters of a search that are looked at.
    package static let query = 500
    /// Bytes of a token.
    package static let token = 128
    /// Characters of a password, at least and at most.
    package static let password = 8...256
    /// Keywords of one user.
    package static let keywords = 20
    /// Characters of a keyword.
    package static let keyword = 50
    /// Roles of an app's own.
    package static let rolesPerApp = 50
    /// Roles of the app's own that a user has.
    package static let rolesPerUser = 20
    /// Ranks of roles.
    package static let roleRank = 0...1000
    /// Overrides of a channel.
    package static let overridesPerChannel = 200
    /// Seconds of a channel's slow mode.
    package static let slowMode = 0...21_600
    /// Automations that one message may come through.
    package static let hops = 8
    /// Answers of automations to one another in a channel with no person between.
    package static let turns = 8
}
