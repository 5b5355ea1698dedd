/// Series over one axis, each named at its end.
package struct LineChart: Sendable {
    package struct Series: Sendable {
        package var name: String
        package var points: [(x: Double, y: Double)]
        /// Which of the eight colours.
        package var colour: Int
        /// A limit rather than a competitor.
        package var isDashed: Bool

        package init(_ name: String, _ points: [(x: Double, y: Double)], colour: Int, isDashed: Bool = false) {
            self.name = name
            self.points = points
            self.colour = colour
            self.isDashed = isDashed
        }
    }

    package var title: String
    package var xLabel: String
    package var yLabel: String
    package var yScale: Axis.Scale
    package var series: [Series]

    package init(title: String, xLabel: String, yLabel: String, yScale: Axis.Scale = .linear, series: [Series]) {
        self.title = title
        self.xLabel = xLabel
        self.yLabel = yLabel
        self.yScale = yScale
        self.series = series
    }

    private static let width = 760.0
    private static let height = 380.0
    private static let left = 76.0
    private static let right = 150.0
    private static let top = 44.0
    private static let bottom = 54.0

    package func svg() -> String {
        let series = series.filter { !$0.points.isEmpty }
        let points = series.flatMap(\.points)
        let xValues = Set(points.map(\.x)).sorted()
        let x = Axis(xValues, scale: .logarithmic)
        let y = Axis(points.map(\.y), scale: yScale)
        var picture = Picture(width: Self.width, height: Self.height)
        let plotWidth = Self.width - Self.left - Self.right
        let plotHeight = Self.height - Self.top - Self.bottom
        // The sizes that were measured span the axis, and are its marks.
        let first = x.position(xValues.first ?? 1)
        let last = x.position(xValues.last ?? 10)
        func place(_ value: Double) -> Double {
            last > first
                ? Self.left + 12 + (x.position(value) - first) / (last - first) * (plotWidth - 24)
                : Self.left + plotWidth / 2
        }
        func rise(_ value: Double) -> Double { Self.top + (1 - y.position(value)) * plotHeight }

        picture.text(Self.left, 22, title, "title")
        for tick in y.ticks {
            picture.line(Self.left, rise(tick), Self.left + plotWidth, rise(tick), "grid")
            picture.text(Self.left - 8, rise(tick) + 4, Axis.label(tick), anchor: "end", "faint")
        }
        for value in Self.spaced(xValues, place) {
            picture.text(place(value), Self.top + plotHeight + 18, Axis.label(value), anchor: "middle", "faint")
        }
        picture.line(Self.left, Self.top + plotHeight, Self.left + plotWidth, Self.top + plotHeight, "axis")
        picture.text(Self.left + plotWidth / 2, Self.height - 12, xLabel, anchor: "middle", "label")
        picture.upward(18, Self.top + plotHeight / 2, yLabel)

        var names: [(name: String, y: Double, colour: Int, isDashed: Bool)] = []
        for one in series {
            let sorted = one.points.sorted { $0.x < $1.x }
            let line = sorted.map { (x: place($0.x), y: rise($0.y)) }
            // A limit that has one size holds for all.
            let drawn =
                line.count == 1 && one.isDashed
                ? [(x: Self.left, y: line[0].y), (x: Self.left + plotWidth, y: line[0].y)] : line
            picture.path(
                drawn, Picture.colour(one.colour) + (one.isDashed ? " dashed" : one.colour == 0 ? " thick" : ""))
            if !one.isDashed { for point in line { picture.dot(point.x, point.y, "f\(one.colour)") } }
            names.append((one.name, drawn[drawn.count - 1].y, one.colour, one.isDashed))
        }
        for (name, height) in Self.apart(names.map { ($0.name, $0.y) }) {
            let colour = names.first { $0.name == name }?.colour ?? 0
            picture.text(Self.left + plotWidth + 8, height + 4, name, "f\(colour)" + (colour == 0 ? " strong" : ""))
        }
        return picture.svg(title: title)
    }

    /// Marks that do not run into each other.
    private static func spaced(_ values: [Double], _ place: (Double) -> Double) -> [Double] {
        var kept: [Double] = []
        for value in values.reversed() where kept.isEmpty || place(kept[kept.count - 1]) - place(value) > 36 {
            kept.append(value)
        }
        return kept
    }

    /// Moves names away from each other, keeping their order.
    static func apart(_ names: [(name: String, y: Double)]) -> [(name: String, y: Double)] {
        var sorted = names.sorted { $0.y < $1.y }
        let distance = 15.0
        for index in sorted.indices.dropFirst() {
            sorted[index].y = max(sorted[index].y, sorted[index - 1].y + distance)
        }
        let floor = height - bottom + 6
        for index in sorted.indices.reversed() {
            let limit = index == sorted.count - 1 ? floor : sorted[index + 1].y - distance
            sorted[index].y = min(sorted[index].y, limit)
        }
        return sorted
    }
}
