// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/side_row.h"

#include "views/widgets/filter_bar.h"
#include "views/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>

namespace expertscope {

namespace {

constexpr int kNone = -1, kOpen = -2;
constexpr int kNarrow = 640; ///< pixels that trace and filters need beside each other

/// Of the first two series: what curves of both sides are drawn in.
QColor colourOf(const QString& letter, const QFont& font)
{
    return screenStyle(screenColours(), font).series[letter == "A" ? 0 : 1];
}

}

SideRow::SideRow(Session& session, SideState& side, const QString& letter, bool none, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_side(side)
    , m_letter(letter)
    , m_none(none)
{
    setObjectName("options");
    setAttribute(Qt::WA_StyledBackground);
    m_lines = new QBoxLayout(QBoxLayout::LeftToRight, this);
    m_lines->setContentsMargins(8, 0, 0, 0);
    m_lines->setSpacing(0);
    m_head = new QHBoxLayout;
    m_head->setContentsMargins(0, 0, 0, 0);
    m_head->setSpacing(8);
    m_name = new QLabel(this);
    m_name->setTextFormat(Qt::RichText);
    m_name->setFixedWidth(m_name->fontMetrics().horizontalAdvance("MM"));
    m_name->setAlignment(Qt::AlignCenter);
    colourName();
    m_head->addWidget(m_name);
    m_trace = new QComboBox(this);
    m_trace->setObjectName("trace" + letter);
    m_trace->setAccessibleName("Trace of " + letter);
    m_trace->setToolTip(letter == "A" ? "Which trace is looked at" : "What A is compared with");
    m_trace->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_trace->setMinimumContentsLength(14);
    m_head->addWidget(m_trace);
    m_head->addStretch(0);
    m_lines->addLayout(m_head);
    m_filters = new FilterBar(session, side, this);
    m_filters->setObjectName("sideFilters"); // no border of its own
    m_lines->addWidget(m_filters, 1);
    connect(m_trace, &QComboBox::activated, this, &SideRow::choose);
    connect(&session, &Session::opened, this, &SideRow::fill);
    connect(&side, &SideState::changed, this, &SideRow::fill);
    fill();
}

void SideRow::colourName()
{
    m_name->setText("<b style='color:" + colourOf(m_letter, font()).name() + "'>" + m_letter + "</b>");
}

void SideRow::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        colourName();
}

void SideRow::addWidget(QWidget* widget)
{
    m_head->insertWidget(2, widget);
}

void SideRow::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    arrange();
}

/// Filters below the trace where there is no room beside it.
void SideRow::arrange()
{
    const bool narrow = m_trace->isVisibleTo(this) && width() < kNarrow;
    m_lines->setDirection(narrow ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
    m_filters->setContentsMargins(narrow ? m_trace->x() - 16 : 0, 0, 0, 0); // below the trace
}

void SideRow::fill()
{
    m_trace->clear();
    setEnabled(m_session.study() != nullptr);
    if (!m_session.study())
        return;
    if (m_none)
        m_trace->addItem("none", kNone);
    const auto& traces = m_session.study()->traces();
    m_trace->setVisible(m_none || traces.size() > 1); // else there is nothing to choose
    arrange();
    for (std::size_t i = 0; i < traces.size(); ++i) {
        m_trace->addItem(QString::fromStdString(traces[i].name), int(i));
        m_trace->setItemData(
            m_trace->count() - 1, QString::fromStdString(traces[i].path.string()), Qt::ToolTipRole);
    }
    if (m_none) {
        m_trace->insertSeparator(m_trace->count());
        m_trace->addItem("Open beside…", kOpen);
    }
    const bool chosen = !m_none || m_side.chosen();
    m_trace->setCurrentIndex(m_trace->findData(chosen ? int(m_side.trace()) : kNone));
}

void SideRow::choose(int index)
{
    const int data = m_trace->itemData(index).toInt();
    if (data == kOpen || data == kNone) {
        fill(); // it is what it was until then
        return data == kOpen ? emit openRequested() : emit closeRequested();
    }
    m_side.choose(std::size_t(data));
}

}
