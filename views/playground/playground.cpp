// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/playground/playground.h"

#include "views/charts/wording.h"
#include "views/live/kept_prompts.h"
#include "views/playground/expert_delegate.h"
#include "views/playground/routing_table_model.h"
#include "views/widgets/elided_label.h"
#include "views/widgets/state_pages.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QJsonArray>
#include <QLabel>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QSplitter>
#include <QStackedWidget>
#include <QStyle>
#include <QTableView>
#include <QTextDocument>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>

namespace expertscope {

namespace {

constexpr int kPauseMs = 80; ///< an edit that is followed by another one so soon is not asked about
constexpr int kPatienceMs = 1000;
constexpr int kModels = 8; ///< remembered
constexpr const char* kModelsKey = "playground/models";
constexpr int kAnswerRole = Qt::UserRole, kTextRole = Qt::UserRole + 1;

QString quoted(QString text, int most = 40)
{
    text = text.simplified();
    return "“" + (text.size() > most ? text.left(most - 1) + "…" : text) + "”";
}

QString counted(std::uint64_t count, const char* one)
{
    return countText(count) + ' ' + one + (count == 1 ? "" : "s");
}

}

Playground::Playground(QWidget* parent, const QString& program)
    : QWidget(parent)
    , m_client(program)
    , m_capture(program)
    , m_pause(new QTimer(this))
    , m_patience(new QTimer(this))
    , m_model(new RoutingTableModel(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(headRow());
    m_split = new QSplitter(Qt::Vertical, this);
    m_split->setChildrenCollapsible(false);
    m_split->addWidget(promptRow());
    m_split->addWidget(tablePages());
    m_split->setStretchFactor(0, 1);
    m_split->setStretchFactor(1, 3);
    layout->addWidget(m_split, 1);
    setFocusProxy(m_editor);

    m_pause->setSingleShot(true);
    m_pause->setInterval(kPauseMs);
    connect(m_pause, &QTimer::timeout, this, &Playground::ask);
    m_patience->setInterval(kPatienceMs);
    connect(m_patience, &QTimer::timeout, this, [this, seconds = 0]() mutable {
        if (!m_client.waits()) {
            seconds = 0;
            m_patience->stop();
        } else if (m_client.state() == ServeClient::State::Ready) {
            say(QString("Computing for %1 s …").arg(++seconds));
        }
    });
    connect(m_editor, &QPlainTextEdit::textChanged, m_pause, qOverload<>(&QTimer::start));
    connect(&m_client, &ServeClient::stateChanged, this, &Playground::updateState);
    connect(&m_client, &ServeClient::answered, this, &Playground::take);
    connect(&m_client, &ServeClient::refused, this, &Playground::refuse);
    connect(&m_capture, &CaptureRun::stateChanged, this, &Playground::captureEnded);
    connect(&m_capture, &CaptureRun::progressed, this, [this] {
        if (m_capture.running() && m_capture.tokens() > 0)
            say(QString("Capturing %1 of %2 …").arg(countText(m_capture.tokensDone()), counted(m_capture.tokens(), "token")));
    });
    fillModels();
    updateState();
}

Playground::~Playground()
{
    // What children say while they go is of no interest.
    m_client.disconnect(this);
    m_capture.disconnect(this);
}

QWidget* Playground::headRow()
{
    auto* row = new QWidget(this);
    row->setObjectName("options");
    row->setAttribute(Qt::WA_StyledBackground);
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(8, 4, 8, 4);
    layout->setSpacing(8);
    auto* title = new QLabel("&Model", row);
    m_models = new QComboBox(row);
    m_models->setObjectName("playgroundModel");
    m_models->setToolTip("The model that routes the prompt");
    m_models->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_models->setMinimumContentsLength(16);
    title->setBuddy(m_models);
    connect(m_models, &QComboBox::activated, this, &Playground::chooseModel);
    m_status = new ElidedLabel(row);
    m_status->setObjectName("playgroundStatus");
    m_status->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(title);
    layout->addWidget(m_models);
    layout->addWidget(m_status, 1);
    return row;
}

QWidget* Playground::promptRow()
{
    auto* split = new QSplitter(Qt::Horizontal, this);
    split->setChildrenCollapsible(false);
    m_editor = new QPlainTextEdit(split);
    m_editor->setObjectName("playgroundPrompt");
    m_editor->setAccessibleName("Prompt");
    m_editor->setPlaceholderText("Type or paste a prompt");
    m_editor->setTabChangesFocus(true);
    m_editor->setFrameShape(QFrame::NoFrame);
    m_editor->setMinimumSize(120, 40);
    m_editor->document()->setDocumentMargin(8);
    split->addWidget(m_editor);

    auto* side = new QWidget(split);
    auto* layout = new QVBoxLayout(side);
    layout->setContentsMargins(4, 4, 8, 4);
    layout->setSpacing(4);
    m_kept = new QListWidget(side);
    m_kept->setObjectName("playgroundKept");
    m_kept->setAccessibleName("Kept prompts");
    m_kept->setToolTip("Click: compare with it; again: with the prompt before\nReturn, double click: back into the editor\nDelete: forget it");
    m_kept->setMinimumSize(100, 24);
    m_kept->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_kept->setTextElideMode(Qt::ElideRight);
    layout->addWidget(m_kept, 1);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(4);
    m_keep = new QPushButton("&Keep", side);
    m_keep->setObjectName("playgroundKeep");
    m_keep->setToolTip("Put the prompt into the list, and compare with it from now on");
    m_open = new QPushButton("Open as &trace", side);
    m_open->setObjectName("playgroundOpen");
    m_open->setToolTip("Capture the kept prompts and this one, and open them: every chart works on them");
    buttons->addWidget(m_keep);
    buttons->addWidget(m_open);
    layout->addLayout(buttons);
    split->addWidget(side);
    split->setStretchFactor(0, 3);
    split->setStretchFactor(1, 1);

    connect(m_keep, &QPushButton::clicked, this, &Playground::keep);
    connect(m_open, &QPushButton::clicked, this, &Playground::openAsTrace);
    connect(m_kept, &QListWidget::itemSelectionChanged, this, &Playground::compare);
    connect(m_kept, &QListWidget::itemActivated, this,
        [this](QListWidgetItem* item) { setPrompt(item->data(kTextRole).toString()); });
    auto* forget = new QAction("Forget", m_kept);
    forget->setShortcut(QKeySequence::Delete);
    forget->setShortcutContext(Qt::WidgetShortcut);
    connect(forget, &QAction::triggered, this, [this] {
        delete m_kept->currentItem();
        compare();
    });
    m_kept->addAction(forget);
    m_kept->setContextMenuPolicy(Qt::ActionsContextMenu);
    return split;
}

QWidget* Playground::tablePages()
{
    m_pages = new QStackedWidget(this);
    auto* empty = new StatePage(m_pages);
    m_empty = empty->addText({}, "playgroundEmpty");
    m_pages->addWidget(empty);

    m_table = new QTableView(m_pages);
    m_table->setObjectName("playgroundTable");
    m_table->setAccessibleName("Routing of the prompt");
    m_table->setModel(m_model);
    m_table->setItemDelegate(new ExpertDelegate(m_table));
    auto* words = new QStyledItemDelegate(m_table);
    for (const int column : {RoutingTableModel::Place, RoutingTableModel::Token, RoutingTableModel::Changed})
        m_table->setItemDelegateForColumn(column, words);
    m_table->setShowGrid(false);
    m_table->setTabKeyNavigation(false);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + 8);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->setMouseTracking(true);
    const auto point = [this](const QModelIndex& index) {
        m_readout = m_model->readout(index);
        emit readoutChanged();
    };
    connect(m_table, &QTableView::entered, this, point);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, point);
    m_pages->addWidget(m_table);

    auto* failed = new StatePage(m_pages);
    m_error = failed->addText({}, "playgroundError");
    m_error->setProperty("error", true);
    connect(failed->addButton("Start again", "playgroundRestart"), &QPushButton::clicked, this, [this] {
        m_client.start(m_folder);
        ask();
    });
    m_pages->addWidget(failed);
    return m_pages;
}

Playground::Page Playground::page() const
{
    return Page(m_pages->currentIndex());
}

QString Playground::stateText() const
{
    return page() == Page::Empty ? m_empty->text() : page() == Page::Error ? m_error->text() : QString();
}

QString Playground::statusText() const
{
    return m_status->text();
}

QByteArray Playground::csv() const
{
    return m_model->csv();
}

void Playground::say(const QString& text, bool error)
{
    m_status->setText(text);
    if (m_status->property("error").toBool() == error)
        return;
    m_status->setProperty("error", error);
    m_status->style()->unpolish(m_status);
    m_status->style()->polish(m_status);
}

void Playground::fillModels()
{
    const QString bundled = bundledModel();
    QStringList folders = QSettings().value(kModelsKey).toStringList();
    folders.removeAll(bundled);
    if (!bundled.isEmpty())
        folders.prepend(bundled);
    if (!m_folder.isEmpty() && !folders.contains(m_folder))
        folders << m_folder;
    m_models->clear();
    for (const QString& folder : folders) {
        m_models->addItem(folder == bundled ? "bundled model" : QFileInfo(folder).fileName(), folder);
        m_models->setItemData(m_models->count() - 1, folder, Qt::ToolTipRole);
    }
    m_models->addItem("Another folder …");
    if (m_folder.isEmpty() && !folders.isEmpty())
        m_folder = folders.front();
    m_models->setCurrentIndex(std::max(0, m_models->findData(m_folder)));
}

void Playground::chooseModel()
{
    QString folder = m_models->currentData().toString();
    if (folder.isEmpty())
        folder = QFileDialog::getExistingDirectory(this, "Folder of a model", m_folder);
    folder.isEmpty() ? fillModels() : useModel(folder);
}

void Playground::useModel(const QString& folder)
{
    const bool other = folder != m_folder;
    m_folder = folder;
    QStringList folders = QSettings().value(kModelsKey).toStringList();
    folders.removeAll(folder);
    folders.prepend(folder);
    QSettings().setValue(kModelsKey, folders.mid(0, kModels));
    fillModels();
    if (other) { // nothing of one model can be compared with another's
        m_shown = m_previous = nullptr;
        for (int i = 0; i < m_kept->count(); ++i)
            m_kept->item(i)->setData(kAnswerRole, {});
        showDifference();
    }
    m_client.start(folder);
    ask();
}

void Playground::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    // The model is loaded when somebody looks.
    if (m_client.state() == ServeClient::State::Off && !m_folder.isEmpty()) {
        m_client.start(m_folder);
        ask();
    }
}

void Playground::setPrompt(const QString& text)
{
    m_editor->setPlainText(text);
    m_pause->stop();
    ask();
}

void Playground::ask()
{
    m_fetching.clear();
    const QString text = m_editor->toPlainText();
    if (text.isEmpty()) {
        m_client.cancel();
        m_shown = nullptr;
        showDifference();
        return;
    }
    if (m_shown && m_shown->text == text) {
        m_client.cancel(); // it was edited, and back
        return;
    }
    m_client.ask(text);
    if (!m_patience->isActive())
        m_patience->start();
}

void Playground::take(const ServedPromptPtr& prompt)
{
    if (m_fetching.isEmpty() || m_fetching != prompt->text) {
        if (m_shown && m_shown->text != prompt->text)
            m_previous = m_shown;
        m_shown = prompt;
    }
    m_fetching.clear();
    for (int i = 0; i < m_kept->count(); ++i) { // kept before its answer was there, or of another model
        if (m_kept->item(i)->data(kTextRole).toString() == prompt->text)
            m_kept->item(i)->setData(kAnswerRole, QVariant::fromValue(prompt));
    }
    showDifference();
}

void Playground::refuse(const Error& error)
{
    say(QString::fromStdString(error.message()), true);
}

void Playground::updateState()
{
    switch (m_client.state()) {
    case ServeClient::State::Failed:
        m_error->setText(QString::fromStdString(m_client.error()->message()));
        m_pages->setCurrentIndex(int(Page::Error));
        say({});
        break;
    case ServeClient::State::Loading:
        m_empty->setText("Loading the model …");
        if (!m_shown)
            m_pages->setCurrentIndex(int(Page::Empty));
        break;
    case ServeClient::State::Off:
    case ServeClient::State::Ready:
        m_empty->setText(m_folder.isEmpty() ? "Choose the folder of a model." : "Type a prompt to see where its tokens go.");
        showDifference();
        break;
    }
    const bool asked = m_shown != nullptr;
    m_keep->setEnabled(asked);
    m_open->setEnabled(asked && !m_capture.running());
}

/// A kept prompt of the last session, or of another model, has no answer yet.
void Playground::compare()
{
    const QList<QListWidgetItem*> chosen = m_kept->selectedItems();
    if (!chosen.isEmpty() && m_shown && !chosen.front()->data(kAnswerRole).value<ServedPromptPtr>()) {
        m_fetching = chosen.front()->data(kTextRole).toString();
        m_client.ask(m_fetching);
    }
    showDifference();
}

void Playground::showDifference()
{
    if (m_client.state() == ServeClient::State::Failed)
        return;
    ServedPromptPtr against = m_previous;
    const QList<QListWidgetItem*> chosen = m_kept->selectedItems();
    if (!chosen.isEmpty())
        against = chosen.front()->data(kAnswerRole).value<ServedPromptPtr>();
    if (against == m_shown)
        against = nullptr;
    const auto layers = m_client.capabilities() ? m_client.capabilities()->layers : std::vector<std::uint16_t>();
    if (m_shown && layers.empty())
        return; // being loaded anew: the old picture stays
    const bool widths = !m_model->prompt() || !m_model->difference();
    m_model->setPrompt(m_shown, m_shown ? against : nullptr, layers);
    m_pages->setCurrentIndex(int(m_shown ? Page::Routing : Page::Empty));
    m_keep->setEnabled(m_shown != nullptr);
    m_open->setEnabled(m_shown && !m_capture.running());
    m_table->setColumnHidden(RoutingTableModel::Changed, !m_model->difference());
    if (m_shown && widths)
        m_table->resizeColumnsToContents();
    if (m_shown) {
        QStringList parts{counted(m_shown->routing.numTokens(), "token")};
        if (const auto& d = m_model->difference()) {
            parts << QString("%1 new").arg(d->added) << QString("%1 gone").arg(d->removed)
                  << QString("%1 of %2 others have other experts than in %3")
                         .arg(d->keptChanged)
                         .arg(d->kept)
                         .arg(quoted(against->text));
        }
        parts << QString("%1 ms").arg(m_shown->milliseconds);
        say(parts.join(" · "));
    } else {
        say({});
    }
    m_readout.clear();
    emit readoutChanged();
    emit contentChanged();
}

void Playground::addKept(const QString& text, const ServedPromptPtr& answer)
{
    auto* item = new QListWidgetItem(text.simplified().left(200), m_kept);
    item->setData(kTextRole, text);
    item->setData(kAnswerRole, QVariant::fromValue(answer));
    item->setToolTip(text.left(1000));
}

void Playground::keep()
{
    if (!m_shown)
        return;
    for (int i = 0; i < m_kept->count(); ++i) {
        if (m_kept->item(i)->data(kTextRole).toString() == m_shown->text) {
            m_kept->setCurrentRow(i);
            return;
        }
    }
    addKept(m_shown->text, m_shown);
    m_kept->setCurrentRow(m_kept->count() - 1);
}

void Playground::openAsTrace()
{
    if (!m_shown || m_capture.running())
        return;
    QStringList prompts;
    for (int i = 0; i < m_kept->count(); ++i)
        prompts << m_kept->item(i)->data(kTextRole).toString();
    if (!prompts.contains(m_shown->text))
        prompts << m_shown->text;
    const auto files = writePrompts(promptFolder(), prompts);
    if (!files)
        return refuse(files.error());
    CaptureOrder order;
    order.model = m_folder;
    order.prompts = files->prompts;
    order.output = files->trace;
    order.logits = order.loss = true;
    m_capture.start(order);
}

void Playground::captureEnded()
{
    m_open->setEnabled(m_shown && !m_capture.running());
    switch (m_capture.state()) {
    case CaptureRun::State::Running:
        return say("Capturing the prompts …");
    case CaptureRun::State::Done:
        say("Opened as " + m_capture.order().output);
        return emit traceWritten(m_capture.order().output);
    case CaptureRun::State::Failed:
        return refuse(*m_capture.error());
    case CaptureRun::State::Stopped:
        return say(m_capture.ending());
    case CaptureRun::State::Off:
    case CaptureRun::State::Stopping:
        return;
    }
}

bool Playground::stop()
{
    const bool capturing = m_capture.running(), asked = m_client.waits();
    m_capture.stop();
    if (asked) {
        m_client.cancel();
        say("stopped");
    }
    return capturing || asked;
}

QJsonObject Playground::state() const
{
    QJsonArray kept;
    for (int i = 0; i < m_kept->count(); ++i)
        kept.append(m_kept->item(i)->data(kTextRole).toString());
    return {{"model", m_folder}, {"prompt", m_editor->toPlainText()}, {"kept", kept}};
}

void Playground::restore(const QJsonObject& state)
{
    m_kept->clear();
    for (const auto& text : state["kept"].toArray())
        addKept(text.toString(), nullptr);
    if (const QString folder = state["model"].toString(); QFileInfo::exists(folder) && folder != m_folder) {
        m_folder = folder;
        fillModels();
        if (m_client.state() != ServeClient::State::Off)
            m_client.start(folder);
    }
    m_editor->setPlainText(state["prompt"].toString()); // asked when somebody looks, or after the pause
}

}
