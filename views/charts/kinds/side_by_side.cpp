// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/side_by_side.h"

#include "views/charts/kinds/panel_grid.h"
#include "views/charts/wording.h"

#include <cmath>

namespace expertscope {

namespace {

bool alike(const Axis& a, const Axis& b)
{
    return a.names == b.names && a.words == b.words;
}

class SideBySide final : public Chart
{
public:
    SideBySide(ChartPtr grid, std::size_t panels, const std::pair<QString, QString>& names)
        : m_grid(std::move(grid))
        , m_panels(panels)
        , m_names(names)
    {
    }

    PicturePtr picture() const override { return m_grid->picture(); }
    std::optional<Subject> subject(const Mark& mark) const override { return m_grid->subject(mark); }
    std::vector<Mark> marks(const Subject& subject) const override { return m_grid->marks(subject); }
    QByteArray csv() const override { return m_grid->csv(); }
    QString readout(const Mark& mark) const override
    {
        const QString own = m_grid->readout(mark);
        if (own.isEmpty() || mark.layer != 0)
            return own;
        Mark a = mark, b = mark;
        (mark.panel < m_panels ? b.panel : a.panel) =
            std::uint16_t(mark.panel < m_panels ? mark.panel + m_panels : mark.panel - m_panels);
        const auto &panels = picture()->panels;
        if (b.panel >= panels.size() || !alike(panels[a.panel].x, panels[b.panel].x)
            || !alike(panels[a.panel].y, panels[b.panel].y))
            return own;
        const double x = valueAt(a), y = valueAt(b), difference = y - x;
        const QString sign = difference > 0 ? "+" : "";
        return joinedReadout({own, m_names.first + ' ' + numberText(x), m_names.second + ' ' + numberText(y),
            std::isnan(difference) ? QString()
                                   : m_names.second + QStringLiteral(" − ") + m_names.first + ' ' + sign
                    + numberText(difference)});
    }

private:
    double valueAt(const Mark& mark) const
    {
        return std::get<HeatMapPtr>(picture()->panels[mark.panel].layers[mark.layer])
            ->values.at(mark.row, mark.column);
    }

    ChartPtr m_grid;
    std::size_t m_panels; ///< of a side
    std::pair<QString, QString> m_names;
};

}

Expected<ChartPtr> sideBySide(const std::string& chart, const ChartPtr& first, const ChartPtr& second,
    const std::pair<QString, QString>& names, const std::pair<QString, QString>& tokens, const QString& commonTokens,
    const QString& note, Look& look)
{
    std::vector<GridPart> parts;
    const auto add = [&](const ChartPtr& of, const QString& name, const QString& said) {
        GridPart part;
        part.chart = of;
        part.title = name;
        part.name = name.toUtf8();
        if (!said.isEmpty() && said != commonTokens)
            part.own = {{" in " + said, commonTokens.isEmpty() ? QString() : " in " + commonTokens}};
        parts.push_back(std::move(part));
    };
    add(first, names.first, tokens.first);
    add(second, names.second, tokens.second);
    const bool same = first->picture()->panels.size() == second->picture()->panels.size();
    ES_ASSIGN(ChartPtr grid, panelGrid(chart, std::move(parts), "side", note, look));
    return std::make_shared<SideBySide>(std::move(grid), same ? first->picture()->panels.size() : SIZE_MAX / 2, names);
}

}
