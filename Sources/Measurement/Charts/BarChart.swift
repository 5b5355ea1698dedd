/// Figures of different parties beside each other, as bars that lie.
package struct BarChart: Sendable {
    package struct Bar: Sendable {
        package var name: String
        package var value: Double
        /// A further figure behind it, drawn as a mark: the 99th percentile behind the median.
        package var mark: Double?
        package var colour: Int
        package var text: String

        package init(_ name: String, _ value: Double, mark: Double? = nil, colour: Int, text: String) {
            self.name = name
            self.value = value
            self.mark = mark
            self.colour = colour
            self.text = text
        }
    }

    package var title: String
    package var label: String
    package var scale: Axis.Scale
    package var bars: [Bar]

    package init(title: String, label: String, scale: Axis.Scale = .linear, bars: [Bar]) {
        self.title = title
        self.label = label
        self.scale = scale
        self.bars = bars
    }

    package func svg() -> String {
        let left = 130.0
        let right = 150.0
        let top = 44.0
        let row = 28.0
        let height = top + row * Double(bars.count) + 54
        var picture = Picture(width: 760, height: height)
        let plot = picture.width - left - right
        let axis = Axis(bars.flatMap { [$0.value] + ($0.mark.map { [$0] } ?? []) }, scale: scale)
        func place(_ value: Double) -> Double { left + min(1, max(0, axis.position(value))) * plot }

        picture.text(16, 22, title, "title")
        for tick in axis.ticks {
            picture.line(place(tick), top, place(tick), height - 50, "grid")
            picture.text(place(tick), height - 34, Axis.label(tick), anchor: "middle", "faint")
        }
        for (index, bar) in bars.enumerated() {
            let y = top + row * Double(index)
            picture.text(left - 8, y + 18, bar.name, anchor: "end", bar.colour == 0 ? "strong" : "")
            picture.rectangle(left, y + 5, place(bar.value) - left, row - 12, "f\(bar.colour)")
            if let mark = bar.mark {
                picture.line(place(bar.value), y + 13, place(mark), y + 13, "c\(bar.colour)")
                picture.line(place(mark), y + 7, place(mark), y + 19, "c\(bar.colour)")
            }
            picture.text(place(max(bar.value, bar.mark ?? 0)) + 8, y + 18, bar.text)
        }
        picture.line(left, top, left, height - 50, "axis")
        picture.text(left + plot / 2, height - 12, label, anchor: "middle", "label")
        return picture.svg(title: title)
    }
}
