// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/widgets/filter_bar.h"

#include "views/widgets/elided_label.h"
#include "views/widgets/label_picker.h"
#include "views/widgets/overflow_row.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QToolButton>

namespace expertscope {

namespace {

QString grouped(std::uint64_t number)
{
    return QLocale(QLocale::English).toString(qulonglong(number));
}

QString someOf(std::uint64_t some, std::uint64_t all, const QString& what)
{
    return (some == all ? grouped(all) : grouped(some) + " of " + grouped(all)) + ' ' + what;
}

}

FilterBar::FilterBar(Session& session, QWidget* parent)
    : FilterBar(session, session.mainSide(), parent)
{
    m_add->setToolTip(m_add->toolTip() + "  (Ctrl+K)");
}

FilterBar::FilterBar(Session& session, SideState& side, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_side(side)
{
    setObjectName("filterBar");
    setAttribute(Qt::WA_StyledBackground);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 4, 8, 4);
    layout->setSpacing(8);
    const auto button = [this](const QString& text, const QString& id, const QString& tip) {
        auto* b = new QToolButton(this);
        b->setText(text);
        b->setObjectName(id);
        b->setToolTip(tip);
        b->setFocusPolicy(Qt::StrongFocus);
        return b;
    };
    m_add = button("Filter…", "filterAdd", "Look only at the tokens of sequences with a label");
    m_clear = button("Clear", "filterClear", "Look at all tokens again");
    m_clear->setAutoRaise(true);
    m_chips = new OverflowRow("More filters", this);
    m_count = new ElidedLabel(this);
    m_count->setObjectName("filterCount");
    m_count->setProperty("faint", true);
    m_count->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_count->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_picker = new LabelPicker(side.filters(), this);
    layout->addWidget(m_add);
    layout->addWidget(m_chips);
    layout->addWidget(m_clear);
    layout->addStretch(1);
    layout->addWidget(m_count, 1000);
    connect(m_add, &QToolButton::clicked, this, &FilterBar::openPicker);
    connect(m_clear, &QToolButton::clicked, &side.filters(), &FilterStack::clear);
    connect(&session, &Session::opened, this, &FilterBar::rebuild);
    connect(&side.filters(), &FilterStack::changed, this, &FilterBar::rebuild);
    rebuild();
}

QWidget* FilterBar::chip(std::size_t at)
{
    const RoutingShape& shape = *m_side.filters().shape();
    const QString text = filterText(m_side.filters().steps()[at], shape);
    auto* chip = new QFrame(this);
    chip->setObjectName("chip");
    auto* layout = new QHBoxLayout(chip);
    layout->setContentsMargins(8, 0, 2, 0);
    layout->setSpacing(2);
    auto* label = new QLabel(text, chip);
    label->setTextFormat(Qt::PlainText);
    auto* remove = new QToolButton(chip);
    remove->setText(QStringLiteral("×"));
    remove->setObjectName("chipRemove");
    remove->setToolTip("Take out “" + text + "”");
    remove->setAccessibleName(remove->toolTip());
    remove->setFocusPolicy(Qt::StrongFocus);
    connect(remove, &QToolButton::clicked, this, [this, at] { m_side.filters().remove(at); });
    layout->addWidget(label);
    layout->addWidget(remove);
    return chip;
}

void FilterBar::rebuild()
{
    m_chips->clear();
    const bool open = m_session.study() && m_side.filters().shape();
    const std::size_t steps = open ? m_side.filters().steps().size() : 0;
    for (std::size_t i = 0; i < steps; ++i)
        m_chips->add(chip(i));
    m_chips->setVisible(steps > 0);
    m_clear->setVisible(steps > 0);
    const RoutingShape* const shape = open ? m_side.filters().shape() : nullptr;
    m_add->setEnabled(shape
        && (!shape->labels.empty() || shape->columns.loss || shape->columns.entropy || shape->columns.margin));
    if (open)
        count();
    else
        m_count->setText({});
}

void FilterBar::count()
{
    const RoutingShape& shape = *m_side.filters().shape();
    m_session.askExtent(this, m_side.side(), [this, &shape](const Expected<Study::Extent>& extent) {
        m_count->setText(extent ? someOf(extent->tokens, shape.numTokens, "tokens") + " · "
                    + someOf(extent->sequences, shape.sequences.size(), "sequences")
                                : QString::fromStdString(extent.error().message()));
    });
    if (m_session.waits(this))
        m_count->setText(QStringLiteral("counting…"));
}

QString FilterBar::countText() const
{
    return m_count->text();
}

void FilterBar::openPicker()
{
    if (m_add->isEnabled())
        m_picker->openAt(m_add->mapToGlobal(QPoint(0, m_add->height() + 2)));
}

}
