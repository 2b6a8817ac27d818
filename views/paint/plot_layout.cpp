// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/plot_layout.h"

#include "views/paint/axis_ticks.h"
#include "views/paint/label_lines.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// Of the width: what a legend beside the panels may take; wider ones go below.
constexpr double kLegendShare = 0.34;
constexpr double kLeastBeside = 18; ///< heights of the font that it must leave to the panels

/// Panels have lines above them: letters where there are several.
bool headed(const Picture& picture)
{
    return picture.panels.size() > 1
        || std::ranges::any_of(picture.panels, [](const Panel& panel) { return !panel.title.isEmpty(); });
}

/// Ribbons are thin and seen through: on a dark background the strongest need the brightest colours.
std::optional<ColourKey> keyOn(const QColor& background, const Picture& picture)
{
    const auto isRibbons = [](const Layer& layer) { return std::holds_alternative<RibbonsPtr>(layer); };
    const bool ribbons = std::ranges::any_of(
        picture.panels, [&](const Panel& panel) { return std::ranges::any_of(panel.layers, isRibbons); });
    std::optional<ColourKey> key = picture.key;
    if (key && ribbons && key->scale.table.name == "vik" && background.lightnessF() < 0.5) {
        if (auto bright = colourTable("berlin"))
            key->scale.table = *std::move(bright);
    }
    return key;
}

QCPLayoutGrid* newGrid()
{
    auto* grid = new QCPLayoutGrid;
    grid->setColumnSpacing(0);
    grid->setRowSpacing(0);
    return grid;
}

}

PlotLayout::PlotLayout(QCustomPlot& plot)
    : m_plot(plot)
{
    plot.plotLayout()->clear();
    plot.plotLayout()->setRowSpacing(0);
    plot.plotLayout()->setColumnSpacing(0);
}

PlotLayout::~PlotLayout()
{
    clear();
}

void PlotLayout::clear()
{
    m_bar.reset();
    m_panels.clear();
    m_heads.clear();
    m_level.clear();
    m_grid = nullptr;
    m_plot.clearPlottables();
    m_plot.plotLayout()->clear();
    m_groups.clear();
    m_beside = m_below = nullptr;
    m_foot = nullptr;
    m_head = nullptr;
}

bool PlotLayout::canKeep(const Picture& next) const
{
    if (!m_picture || next.columns != m_picture->columns || next.key.has_value() != m_picture->key.has_value()
        || next.panels.size() != m_panels.size() || headed(next) != headed(*m_picture)
        || next.title.isEmpty() != m_picture->title.isEmpty())
        return false;
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        if (!m_panels[i]->canShow(next.panels[i]))
            return false;
    }
    return true;
}

void PlotLayout::build(const Picture& next)
{
    clear();
    // From the outside in: a layout takes its plot from the one around it.
    int rows = 0;
    if (!next.title.isEmpty()) {
        m_head = new QCPTextElement(&m_plot, " ");
        m_plot.plotLayout()->addElement(rows++, 0, m_head);
    }
    auto* body = newGrid();
    body->setAutoMargins(QCP::msNone);
    m_plot.plotLayout()->addElement(rows++, 0, body);
    m_below = new Legend(m_plot);
    m_plot.plotLayout()->addElement(rows++, 0, m_below);
    m_foot = new FootNote(m_plot);
    m_plot.plotLayout()->addElement(rows, 0, m_foot);
    auto* grid = newGrid();
    body->addElement(0, 0, grid);
    m_grid = grid;
    const bool titled = headed(next);
    for (const Panel& panel : next.panels) {
        m_panels.push_back(std::make_unique<PlotPanel>(m_plot, panel));
        if (titled)
            m_heads.push_back(new PanelHead(m_plot));
    }
    regrid(columnsIn(m_plot.viewport().width()));
    // What stands beside the panels begins and ends level with them.
    const auto level = [&](QCPLayoutElement* element) {
        auto* side = newGrid();
        body->addElement(0, body->columnCount(), side);
        if (titled) {
            m_heads.push_back(new PanelHead(m_plot));
            side->addElement(0, 0, m_heads.back());
        }
        side->addElement(titled ? 1 : 0, 0, element);
        m_level.push_back(element);
    };
    if (next.key) {
        m_bar = std::make_unique<ColourBar>(m_plot);
        level(m_bar->rect());
    }
    m_beside = new Legend(m_plot);
    body->addElement(0, body->columnCount(), m_beside);
    groupMargins();
}

std::size_t PlotLayout::columnsIn(double width) const
{
    constexpr double kLeastPanel = 14; // heights of the font
    const std::size_t most =
        std::clamp<std::size_t>(m_picture->columns, 1, std::max<std::size_t>(1, m_picture->panels.size()));
    return std::clamp<std::size_t>(std::size_t(width / (kLeastPanel * QFontMetricsF(m_style.font).height())), 1, most);
}

void PlotLayout::regrid(std::size_t columns)
{
    m_columns = columns;
    for (PanelHead* head : m_heads) {
        if (head->layout() == m_grid)
            m_grid->take(head);
    }
    for (const auto& panel : m_panels) {
        if (panel->rect()->layout() == m_grid)
            m_grid->take(panel->rect());
    }
    m_grid->simplify();
    const bool titled = !m_heads.empty();
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        const int row = int(i / columns), column = int(i % columns);
        if (titled)
            m_grid->addElement(2 * row, column, m_heads[i]);
        m_grid->addElement(titled ? 2 * row + 1 : row, column, m_panels[i]->rect());
    }
}

void PlotLayout::groupMargins()
{
    for (const auto& panel : m_panels)
        panel->rect()->setMarginGroup(QCP::msAll, nullptr);
    for (QCPLayoutElement* element : m_level)
        element->setMarginGroup(QCP::msAll, nullptr);
    m_groups.clear();
    std::vector<QCPMarginGroup*> ofColumn, ofRow;
    const auto newGroup = [&] { return m_groups.emplace_back(std::make_unique<QCPMarginGroup>(&m_plot)).get(); };
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        if (i < m_columns)
            ofColumn.push_back(newGroup());
        if (i % m_columns == 0)
            ofRow.push_back(newGroup());
        m_panels[i]->rect()->setMarginGroup(QCP::msLeft | QCP::msRight, ofColumn[i % m_columns]);
        m_panels[i]->rect()->setMarginGroup(QCP::msTop | QCP::msBottom, ofRow.back());
    }
    for (QCPLayoutElement* element : ofRow.empty() ? std::vector<QCPLayoutElement*>() : m_level) {
        element->setMarginGroup(QCP::msTop, ofRow.front());
        element->setMarginGroup(QCP::msBottom, ofRow.back());
    }
}

bool PlotLayout::show(PicturePtr picture)
{
    const bool kept = picture && canKeep(*picture);
    m_picture = std::move(picture);
    if (!m_picture) {
        clear();
        return false;
    }
    if (!kept)
        build(*m_picture);
    for (std::size_t i = 0; i < m_heads.size() && i < m_panels.size(); ++i)
        m_heads[i]->show(m_panels.size() > 1 ? panelLetter(i) : QString(), m_picture->panels[i].title);
    showPanels();
    shareTitles();
    m_beside->show(*m_picture);
    m_below->show(*m_picture);
    m_foot->show(*m_picture);
    return kept;
}

void PlotLayout::showPanels()
{
    const auto key = keyOn(m_style.background, *m_picture);
    double least = INFINITY, largest = -INFINITY;
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        const Panel& panel = m_picture->panels[i];
        m_panels[i]->show(panel, key);
        for (const Layer& layer : panel.layers) {
            if (const auto values = keyedValues(layer)) {
                least = std::min(least, values->first);
                largest = std::max(largest, values->second);
            }
        }
    }
    if (key) {
        const double slack = 1e-6 * std::abs(key->scale.high);
        const bool below = least < key->scale.low - slack, above = largest > key->scale.high + slack;
        m_bar->show(*key, below, above);
    }
}

void PlotLayout::shareTitles()
{
    const std::vector<Panel>& panels = m_picture->panels;
    for (std::size_t i = 0; i < panels.size(); ++i) {
        const std::size_t below = i + m_columns;
        const bool besideSame = i % m_columns > 0 && panels[i - 1].y.title == panels[i].y.title;
        const bool belowSame = below < panels.size() && panels[below].x.title == panels[i].x.title;
        m_panels[i]->setTitled(!belowSame, !besideSame);
    }
}

void PlotLayout::evenOut()
{
    // What stands beside panels differs, their insides do not.
    const std::size_t across = m_columns, down = (m_panels.size() + across - 1) / across;
    std::vector<double> beside(across, 0), above(down, 0);
    double width = 0, height = 0;
    for (std::size_t i = 0; i < m_panels.size(); ++i) {
        const QRectF outer(m_panels[i]->rect()->outerRect()), inner(m_panels[i]->rect()->rect());
        beside[i % across] = std::max(beside[i % across], outer.width() - inner.width());
        above[i / across] = std::max(above[i / across], outer.height() - inner.height());
        if (i < across)
            width += inner.width();
        if (i % across == 0)
            height += inner.height();
    }
    const int step = m_heads.empty() ? 1 : 2;
    for (std::size_t c = 0; c < across; ++c)
        m_grid->setColumnStretchFactor(int(c), std::max(1.0, width / double(across) + beside[c]));
    for (std::size_t r = 0; r < down; ++r)
        m_grid->setRowStretchFactor(step * int(r) + step - 1, std::max(1.0, height / double(down) + above[r]));
}

void PlotLayout::keepInside()
{
    // Rows are whole pixels high; rounded up they reach beyond what they were given, in the end beyond the page.
    for (int round = 0; round < 3; ++round) {
        const int beyond = m_panels.back()->rect()->outerRect().bottom() - m_grid->rect().bottom();
        if (beyond <= 0)
            return;
        QCPLayoutElement* const body = m_grid->layout();
        body->setMargins(body->margins() + QMargins(0, 0, 0, beyond));
        updateLayout();
    }
}

void PlotLayout::restyle(const Style& style)
{
    m_style = style;
    for (PanelHead* head : m_heads)
        head->restyle(style);
    if (m_head) {
        m_head->setFont(style.titleFont);
        m_head->setTextColor(style.text);
        m_head->setMargins(QMargins(0, 1, 0, 1));
    }
    for (const auto& panel : m_panels)
        panel->restyle(style);
    if (m_bar)
        m_bar->restyle(style);
    if (m_picture) {
        showPanels(); // in colours for this background
        m_beside->restyle(style);
        m_below->restyle(style);
        m_foot->restyle(style);
    }
}

void PlotLayout::updateLayout() const
{
    for (const auto phase : {QCPLayoutElement::upPreparation, QCPLayoutElement::upMargins, QCPLayoutElement::upLayout})
        m_plot.plotLayout()->update(phase);
}

void PlotLayout::placeLegend(double width, double height)
{
    const QSizeF column = m_beside->columnSize();
    m_beside->hide(Qt::Horizontal);
    m_below->hide(Qt::Vertical);
    if (m_beside->empty())
        return;
    // Panels beside each other need the width, and one line below them is little.
    const double across = width - 2 * m_style.gap;
    const bool oneLine = m_columns > 1 && m_below->rowsHeight(across) <= m_below->rowsHeight(1e9);
    const double left = kLeastBeside * QFontMetricsF(m_style.font).height();
    const bool wide = std::ranges::any_of(m_panels, [](const auto& panel) { return panel->isWide(); });
    if (!oneLine && !wide && column.width() <= std::min(kLegendShare * width, width - left)
        && column.height() <= height)
        m_beside->arrangeColumn();
    else
        m_below->arrangeRows(across);
}

void PlotLayout::setBarTitle(double length)
{
    const auto lines = labelLines(m_picture->key->title, m_style.font, length);
    m_titlesFit = m_titlesFit && lines;
    m_bar->axis()->setLabel(lines ? *lines : elidedLines(m_picture->key->title, m_style.font, length, 1));
}

void PlotLayout::arrange()
{
    if (!m_picture)
        return;
    const QRectF page(m_plot.viewport());
    if (const std::size_t columns = columnsIn(page.width()); columns != m_columns) {
        regrid(columns);
        groupMargins();
        shareTitles();
    }
    bool headFits = true;
    if (m_head) {
        const auto lines = labelLines(m_picture->title, m_style.titleFont, page.width() - m_style.gap);
        headFits = lines.has_value();
        m_head->setText(
            lines ? *lines : elidedLines(m_picture->title, m_style.titleFont, page.width() - m_style.gap, 1));
    }
    m_plot.plotLayout()->setOuterRect(m_plot.viewport());
    m_grid->layout()->setMargins(QMargins());
    placeLegend(page.width(), page.height() - 4 * QFontMetricsF(m_style.font).height());
    m_foot->arrange(page.size(), true, {});
    // Sizes depend on labels and labels on sizes: mostly the second round has it.
    constexpr int kMostRounds = 5;
    std::vector<QRect> before, now;
    for (int round = 0; round < kMostRounds; ++round) {
        updateLayout();
        if (m_panels.size() > 1) {
            evenOut();
            updateLayout();
        }
        now.clear();
        for (const auto& panel : m_panels)
            now.push_back(panel->rect()->rect());
        if (m_bar)
            now.push_back(m_bar->rect()->rect());
        if (now == before)
            break;
        before = now;
        m_titlesFit = headFits;
        for (const auto& panel : m_panels) {
            panel->limitTitles(m_panels.size() == 1 ? page : QRectF(panel->rect()->outerRect()));
            panel->updateTicks();
            m_titlesFit = panel->updateTitles() && m_titlesFit;
        }
        if (m_bar) {
            m_bar->updateTicks();
            const QRectF inside(m_bar->rect()->rect());
            const double beyond =
                std::min(inside.top() - page.top(), page.bottom() - inside.bottom()) - m_style.gap / 2;
            setBarTitle(inside.height() + std::max(0.0, 2 * beyond));
        }
        const bool crosses = std::ranges::all_of(m_panels, [](const auto& panel) { return panel->crossesFit(); });
        QStringList unseen;
        for (const auto& panel : m_panels)
            unseen << panel->note();
        unseen.removeAll(QString());
        unseen.removeDuplicates();
        m_foot->arrange(page.size(), crosses, unseen);
    }
    updateLayout();
    keepInside();
}

Expected<void> PlotLayout::fits(const QSizeF& points) const
{
    const double least = 2 * QFontMetricsF(m_style.font).height();
    for (const auto& panel : m_panels) {
        const QRectF area = panel->area();
        if (area.width() < least || area.height() < least || area.right() > points.width()
            || area.bottom() > points.height() || m_foot->outerRect().bottom() > points.height())
            return fail(
                "leaves no room for the picture at this font size", "figure size", "a larger figure or a smaller font");
    }
    if (!m_titlesFit) {
        QStringList titles{m_picture->title};
        for (const auto& panel : m_panels)
            titles << panel->panel().x.title << panel->panel().y.title;
        if (m_picture->key)
            titles << m_picture->key->title;
        const QFontMetricsF metrics(m_style.font);
        const QString longest = *std::ranges::max_element(
            titles, {}, [&](const QString& title) { return metrics.horizontalAdvance(title); });
        return fail("does not fit the figure", "label '" + longest.toStdString() + "'",
            "a larger figure, a smaller font or another text");
    }
    return {};
}

QStringList PlotLayout::texts() const
{
    QStringList texts{"0123456789/.…"};
    for (const auto& panel : m_panels)
        texts << panel->texts();
    if (m_picture && m_picture->key) {
        texts << m_picture->key->title;
        for (const Tick& t : scaleTicks(m_picture->key->scale, 9, true, true))
            texts << t.label;
    }
    if (m_picture)
        texts << m_picture->title << m_beside->texts() << m_foot->texts();
    return texts;
}

}
