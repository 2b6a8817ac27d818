// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/palette/palette.h"

#include "app/desktop/main_window.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QPointer>
#include <QSettings>
#include <QStyledItemDelegate>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>

namespace expertscope {

namespace {

constexpr const char* kRecent = "palette/recent";
constexpr qsizetype kMostCalled = 20;
constexpr int kShown = 14, kWidth = 620; ///< rows, pixels
constexpr int kDetail = Qt::UserRole;

/// What it is called at the left, its key or kind faintly at the right.
class ItemDelegate final : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override
    {
        return {100, option.fontMetrics.height() + 8};
    }
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const bool chosen = option.state & QStyle::State_Selected, on = option.state & QStyle::State_Enabled;
        const QPalette& colours = option.palette;
        painter->save();
        if (chosen)
            painter->fillRect(option.rect, colours.highlight());
        const QRect room = option.rect.adjusted(10, 0, -10, 0);
        const QString detail = index.data(kDetail).toString();
        const int wide = std::min(option.fontMetrics.horizontalAdvance(detail) + 4, room.width() / 2);
        painter->setPen(chosen ? colours.highlightedText().color() : colours.placeholderText().color());
        painter->drawText(
            room, Qt::AlignRight | Qt::AlignVCenter, option.fontMetrics.elidedText(detail, Qt::ElideMiddle, wide));
        if (on && !chosen)
            painter->setPen(colours.text().color());
        painter->drawText(room, Qt::AlignLeft | Qt::AlignVCenter,
            option.fontMetrics.elidedText(index.data().toString(), Qt::ElideRight, room.width() - wide - 12));
        painter->restore();
    }
};

QStringList recentItems()
{
    return QSettings().value(kRecent).toStringList();
}

}

Palette::Palette(MainWindow& window)
    : QFrame(&window, Qt::Popup)
    , m_window(window)
{
    setObjectName("palette");
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->setSpacing(6);
    m_line = new QLineEdit(this);
    m_line->setObjectName("paletteLine");
    m_line->setPlaceholderText("Action, chart, layer 5, 5:27, keep language de, file …");
    m_line->setAccessibleName("What to do or where to go");
    m_line->setClearButtonEnabled(true);
    m_line->installEventFilter(this);
    layout->addWidget(m_line);
    m_list = new QListWidget(this);
    m_list->setObjectName("paletteList");
    m_list->setAccessibleName("What was found");
    m_list->setItemDelegate(new ItemDelegate(m_list));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setUniformItemSizes(true);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    layout->addWidget(m_list);
    connect(m_line, &QLineEdit::textChanged, this, &Palette::fill);
    connect(m_list, &QListWidget::itemClicked, this, [this](QListWidgetItem* item) { choose(m_list->row(item)); });
}

void Palette::open(const QString& query)
{
    const int width = std::min(kWidth, m_window.width() - 40);
    const int rows = std::clamp((m_window.height() - 160) / (fontMetrics().height() + 8), 4, kShown);
    resize(width, m_line->sizeHint().height() + rows * (fontMetrics().height() + 8) + 26);
    move(m_window.mapToGlobal(QPoint((m_window.width() - width) / 2, 60)));
    m_line->setText(query);
    fill();
    show();
    m_line->setFocus(Qt::PopupFocusReason);
    m_line->end(false);
}

void Palette::fill()
{
    m_items = paletteItems(m_window, m_line->text(), recentItems());
    m_list->clear();
    for (const PaletteItem& item : m_items) {
        auto* row = new QListWidgetItem(item.text, m_list);
        row->setData(kDetail, item.detail);
        if (!item.enabled)
            row->setFlags(row->flags() & ~Qt::ItemIsEnabled);
    }
    if (m_items.empty()) {
        auto* row = new QListWidgetItem("Nothing is called like that", m_list);
        row->setFlags(Qt::NoItemFlags);
        return;
    }
    m_list->setCurrentRow(-1);
    step(1);
}

void Palette::step(int rows)
{
    int row = m_list->currentRow();
    const int step = rows > 0 ? 1 : -1;
    for (int left = std::abs(rows); left > 0; --left) {
        int next = row + step;
        while (next >= 0 && next < int(m_items.size()) && !m_items[std::size_t(next)].enabled)
            next += step;
        if (next < 0 || next >= int(m_items.size()))
            break;
        row = next;
    }
    m_list->setCurrentRow(row);
}

bool Palette::complete(int row)
{
    if (row < 0 || row >= int(m_items.size()) || m_items[std::size_t(row)].complete.isEmpty())
        return false;
    const QString query = m_items[std::size_t(row)].complete; // the items are others then
    m_line->setText(query);
    return true;
}

void Palette::choose(int row)
{
    if (row < 0 || row >= int(m_items.size()) || !m_items[std::size_t(row)].enabled)
        return;
    const PaletteItem item = m_items[std::size_t(row)];
    if (!item.run) {
        complete(row);
        return;
    }
    QStringList recent = recentItems();
    recent.removeAll(item.id);
    recent.prepend(item.id);
    QSettings().setValue(kRecent, recent.mid(0, kMostCalled));
    hide();
    item.run();
}

bool Palette::eventFilter(QObject* watched, QEvent* event)
{
    if (watched != m_line || (event->type() != QEvent::KeyPress && event->type() != QEvent::ShortcutOverride))
        return QFrame::eventFilter(watched, event);
    const int key = static_cast<QKeyEvent*>(event)->key();
    const bool ours = key == Qt::Key_Up || key == Qt::Key_Down || key == Qt::Key_PageUp || key == Qt::Key_PageDown
        || key == Qt::Key_Return || key == Qt::Key_Enter || key == Qt::Key_Tab || key == Qt::Key_Escape;
    if (!ours)
        return QFrame::eventFilter(watched, event);
    if (event->type() == QEvent::ShortcutOverride) {
        event->accept(); // not the window's
        return true;
    }
    switch (key) {
    case Qt::Key_Up:
        step(-1);
        break;
    case Qt::Key_Down:
        step(1);
        break;
    case Qt::Key_PageUp:
        step(-kShown);
        break;
    case Qt::Key_PageDown:
        step(kShown);
        break;
    case Qt::Key_Tab:
        complete(m_list->currentRow());
        break;
    case Qt::Key_Escape:
        hide();
        break;
    default:
        choose(m_list->currentRow());
    }
    return true;
}

}
