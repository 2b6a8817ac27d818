// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/panel_grid.h"

#include "views/charts/kinds/bar_chart.h"
#include "views/charts/kinds/grid_colours.h"
#include "views/charts/kinds/table_records.h"
#include "views/charts/wording.h"
#include "views/paint/axis_range.h"

#include <QRegularExpression>

#include <algorithm>
#include <map>
#include <set>

namespace expertscope {

namespace {

class PanelGrid final : public Chart
{
public:
    PanelGrid(std::vector<GridPart> parts, std::vector<std::size_t> first, PicturePtr picture, QByteArray about)
        : m_parts(std::move(parts))
        , m_first(std::move(first))
        , m_picture(std::move(picture))
        , m_about(std::move(about))
    {
    }

    PicturePtr picture() const override { return m_picture; }
    std::optional<Subject> subject(const Mark& mark) const override
    {
        const auto [part, own] = partOf(mark);
        return part ? part->chart->subject(own) : std::nullopt;
    }
    std::vector<Mark> marks(const Subject& subject) const override
    {
        std::vector<Mark> all;
        for (std::size_t i = 0; i < m_parts.size(); ++i) {
            for (Mark mark : m_parts[i].chart->marks(subject)) {
                mark.panel = std::uint16_t(mark.panel + m_first[i]);
                all.push_back(mark);
            }
        }
        return all;
    }
    QString readout(const Mark& mark) const override
    {
        const auto [part, own] = partOf(mark);
        const QString words = part ? part->chart->readout(own) : QString();
        return words.isEmpty() || words.contains(part->title) ? words : joinedReadout({part->title, words});
    }
    QByteArray csv() const override
    {
        std::vector<std::pair<QByteArray, QByteArray>> tables;
        for (const GridPart& part : m_parts)
            tables.emplace_back(part.name, part.chart->csv());
        return joinedTables(tables, m_about);
    }

private:
    /// The part that has the mark, and what the mark is there.
    std::pair<const GridPart*, Mark> partOf(Mark mark) const
    {
        if (mark.panel >= m_picture->panels.size())
            return {};
        const std::size_t part = std::size_t(std::ranges::upper_bound(m_first, mark.panel) - m_first.begin()) - 1;
        mark.panel = std::uint16_t(mark.panel - m_first[part]);
        return {&m_parts[part], mark};
    }

    std::vector<GridPart> m_parts;
    std::vector<std::size_t> m_first; ///< [part] its first panel
    PicturePtr m_picture;
    QByteArray m_about;
};

/// A title without what it says of one part: the first of it that is there.
QString sharedTitle(QString title, const GridPart& part)
{
    for (const auto& [own, instead] : part.own) {
        const char* const end = own.back().isLetterOrNumber() ? "(?!\\w)" : ""; // layer 1 is not layer 12
        const QRegularExpression whole(QRegularExpression::escape(own) + end);
        if (title.contains(whole))
            return title.replace(whole, instead);
    }
    return title;
}

/// Titles lose what is of one part, if then they are those of all.
void shareTitles(std::vector<Panel>& panels, const std::vector<const GridPart*>& partOf, Axis Panel::*axis)
{
    std::map<QString, std::set<const GridPart*>> shared;
    std::set<const GridPart*> all;
    for (std::size_t p = 0; p < panels.size(); ++p) {
        shared[sharedTitle((panels[p].*axis).title, *partOf[p])].insert(partOf[p]);
        all.insert(partOf[p]);
    }
    for (std::size_t p = 0; p < panels.size(); ++p) {
        QString title = sharedTitle((panels[p].*axis).title, *partOf[p]);
        if (shared[title].size() == all.size())
            (panels[p].*axis).title = std::move(title);
    }
}

/// Axes of one quantity show the same of it.
void shareRanges(std::vector<Panel>& panels, Axis Panel::*axis, bool isX)
{
    std::map<std::pair<QString, Axis::Scale>, std::pair<double, double>> shown;
    std::set<std::pair<QString, Axis::Scale>> differ;
    for (const Panel& panel : panels) {
        const std::pair key((panel.*axis).title, (panel.*axis).scale);
        const auto range = fullRange(panel, isX);
        const auto [at, added] = shown.try_emplace(key, range);
        if (!added && at->second != range) {
            differ.insert(key);
            at->second = {std::min(at->second.first, range.first), std::max(at->second.second, range.second)};
        }
    }
    for (Panel& panel : panels) {
        Axis& own = panel.*axis;
        const std::pair key(own.title, own.scale);
        if (own.scale != Axis::Scale::Cells && own.scale != Axis::Scale::None && differ.contains(key))
            std::tie(own.low, own.high) = shown[key];
    }
}

/// From the least to the largest of the parts' own limits: no part shows less than it would alone.
Expected<void> shareKey(const std::vector<GridPart>& parts, Picture& picture)
{
    for (const GridPart& part : parts) {
        const auto& own = part.chart->picture()->key;
        if (!own)
            continue;
        ColourKey key = *own;
        key.title = sharedTitle(key.title, part);
        if (!picture.key) {
            picture.key = std::move(key);
            continue;
        }
        ColourKey& all = *picture.key;
        if (key.title != all.title || key.scale.kind != all.scale.kind)
            return fail("the panels do not show the same quantity",
                all.title.toStdString() + ", " + key.title.toStdString(), "choose what is shown");
        all.scale.low = std::min(all.scale.low, key.scale.low);
        all.scale.high = std::max(all.scale.high, key.scale.high);
    }
    return {};
}

/// What several parts note, once; else behind the part's name.
QString sharedNotes(const std::vector<GridPart>& parts)
{
    std::vector<std::pair<QString, QStringList>> notes; // and the parts that say so
    for (const GridPart& part : parts) {
        const QString note = sharedTitle(part.chart->picture()->note, part);
        if (note.isEmpty())
            continue;
        auto known = std::ranges::find(notes, note, [](const auto& n) { return n.first; });
        if (known == notes.end())
            known = notes.insert(notes.end(), {note, {}});
        known->second << part.title;
    }
    QStringList said;
    for (const auto& [note, by] : notes)
        said << (by.size() == qsizetype(parts.size()) ? note : by.join(", ") + ": " + note);
    return said.join("; ");
}

/// As many as a wide page has room for; a narrow one has fewer.
std::size_t columnsOf(const std::vector<GridPart>& parts, std::size_t panels)
{
    const std::size_t each = parts.front().chart->picture()->panels.size();
    const bool alike =
        std::ranges::all_of(parts, [&](const GridPart& part) { return part.chart->picture()->panels.size() == each; });
    if (each > 1 && each <= 4 && alike)
        return each == 2 && parts.size() >= 4 ? 4 : each; // parts do not break
    return panels > 6 && panels != 9 ? 4 : gridColumns(panels);
}

}

Expected<ChartPtr> panelGrid(
    const std::string& chart, std::vector<GridPart> parts, const QString& about, QString note, Look& look)
{
    auto picture = std::make_shared<Picture>();
    std::vector<std::size_t> first;
    std::vector<const GridPart*> partOf; // [panel]
    for (const GridPart& part : parts) {
        first.push_back(picture->panels.size());
        for (Panel panel : part.chart->picture()->panels) {
            panel.title = panel.title.isEmpty() ? part.title : part.title + ", " + panel.title;
            picture->panels.push_back(std::move(panel));
            partOf.push_back(&part);
        }
    }
    ES_TRY(shareKey(parts, *picture));
    if (picture->key)
        look.limits = {picture->key->scale.low, picture->key->scale.high};
    for (const auto& [axis, isX] : {std::pair(&Panel::x, true), std::pair(&Panel::y, false)}) {
        shareTitles(picture->panels, partOf, axis);
        shareRanges(picture->panels, axis, isX);
    }
    QStringList notes{std::move(note), sharedNotes(parts)};
    ES_ASSIGN(const QString colours, shareColours(chart, picture->panels));
    notes << colours;
    notes.removeAll(QString());
    picture->note = notes.join("; ");
    picture->columns = columnsOf(parts, picture->panels.size());
    picture->title = parts.front().chart->picture()->title;
    return std::make_shared<PanelGrid>(std::move(parts), std::move(first), std::move(picture), about.toUtf8());
}

}
