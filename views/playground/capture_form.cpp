// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/playground/capture_form.h"

#include "views/charts/wording.h"

#include <QCheckBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QStandardPaths>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace expertscope {

namespace {

constexpr int kLogLines = 500;

QString duration(double seconds)
{
    const auto s = qint64(std::llround(std::max(0.0, seconds)));
    const QString text = s < 60 ? QString("%1 s").arg(s)
        : s < 3600              ? QString("%1 min %2 s").arg(s / 60).arg(s % 60, 2, 10, QChar('0'))
                                : QString("%1 h %2 min").arg(s / 3600).arg(s / 60 % 60, 2, 10, QChar('0'));
    return QString(text).replace(' ', QChar::Nbsp);
}

}

CaptureForm::CaptureForm(QWidget* parent, const QString& program)
    : QWidget(parent)
    , m_run(program)
    , m_follower(m_run)
{
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(4);
    auto* scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    outer->addWidget(scroll, 1);
    auto* page = new QWidget(scroll);
    scroll->setWidget(page);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(8, 4, 8, 4);
    layout->setSpacing(8);

    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    layout->addLayout(form);
    m_model = addPath(*form, "Model", "captureModel", "Folder with config.json, *.safetensors and, for text, tokenizer.json",
        Kind::Folder);
    m_prompts = addPath(*form, "Prompts", "capturePrompts",
        "Documents: *.jsonl, *.json, a text with one a line, also packed as .gz or .zst", Kind::OpenFile);
    m_output = addPath(*form, "Trace", "captureOutput", "The file to write", Kind::SaveFile);
    m_most = new QSpinBox(page);
    m_most->setObjectName("captureMost");
    m_most->setRange(0, 2000000000);
    m_most->setSingleStep(1000);
    m_most->setGroupSeparatorShown(true);
    m_most->setSpecialValueText("all");
    m_most->setToolTip("Stop after this many tokens of all documents");
    form->addRow("Tokens at most", m_most);
    const auto addCheck = [&](const QString& text, const QString& id, const QString& tip, bool on) {
        auto* box = new QCheckBox(text, page);
        box->setObjectName(id);
        box->setToolTip(tip);
        box->setChecked(on);
        form->addRow(box);
        return box;
    };
    m_logits = addCheck("Router logits of all experts", "captureLogits", "Needed for margins of all experts, rerouting, other k", false);
    m_loss = addCheck("Loss and predicted tokens", "captureLoss", "Needs the model's head as well", false);
    m_replace = addCheck("Replace what is there", "captureReplace", "Else a trace that is there stays", false);
    m_follow = addCheck("Show it while it grows", "captureFollow", "The window follows the capture, twice a second at most", true);
    connect(m_follow, &QCheckBox::toggled, &m_follower, &CaptureFollower::setFollowing);

    // Below the fields, and seen however little room there is.
    auto* foot = new QWidget(this);
    auto* footLayout = new QVBoxLayout(foot);
    footLayout->setContentsMargins(8, 0, 8, 6);
    footLayout->setSpacing(4);
    outer->addWidget(foot);
    auto* buttons = new QHBoxLayout;
    m_start = new QPushButton("&Capture", foot);
    m_start->setObjectName("captureStart");
    m_open = new QPushButton("Open", foot);
    m_open->setObjectName("captureOpen");
    m_open->setToolTip("Open what was captured");
    m_open->hide();
    buttons->addWidget(m_start);
    buttons->addWidget(m_open);
    buttons->addStretch(1);
    footLayout->addLayout(buttons);
    m_progress = new QProgressBar(foot);
    m_progress->setObjectName("captureProgress");
    m_progress->setRange(0, 1000);
    m_progress->setTextVisible(false);
    m_progress->setMaximumHeight(8);
    footLayout->addWidget(m_progress);
    m_status = new QLabel(foot);
    m_status->setObjectName("captureStatus");
    m_status->setWordWrap(true);
    m_status->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_status->hide();
    footLayout->addWidget(m_status);
    m_log = new QPlainTextEdit(page);
    m_log->setObjectName("captureLog");
    m_log->setAccessibleName("Log of the capture");
    m_log->setReadOnly(true);
    m_log->setMaximumBlockCount(kLogLines);
    m_log->setFrameShape(QFrame::NoFrame);
    m_log->setTabChangesFocus(true);
    m_log->setMinimumHeight(48);
    layout->addWidget(m_log, 1);
    setFocusProxy(m_model);

    connect(m_start, &QPushButton::clicked, this, [this] { m_run.running() ? void(stop()) : start(); });
    connect(m_open, &QPushButton::clicked, this, [this] { emit openRequested(m_run.order().output); });
    for (QLineEdit* edit : {m_model, m_prompts, m_output})
        connect(edit, &QLineEdit::textChanged, this, &CaptureForm::update);
    connect(&m_run, &CaptureRun::stateChanged, this, [this] {
        update();
        if (m_run.state() == CaptureRun::State::Done
            || (m_run.state() == CaptureRun::State::Stopped && QFileInfo::exists(m_run.order().output)))
            emit written(m_run.order().output);
    });
    connect(&m_run, &CaptureRun::progressed, this, &CaptureForm::showProgress);
    connect(&m_run, &CaptureRun::said, m_log, &QPlainTextEdit::appendPlainText);
    connect(&m_follower, &CaptureFollower::grew, this, &CaptureForm::grew);

    CaptureOrder first;
    first.model = bundledModel();
    if (!first.model.isEmpty())
        first.prompts = first.model + "/prompts.jsonl";
    first.output = QStandardPaths::writableLocation(QStandardPaths::HomeLocation) + "/trace.h5";
    setOrder(first);
    update();
}

CaptureForm::~CaptureForm()
{
    m_run.disconnect(this);
    m_follower.disconnect(this);
}

QLineEdit* CaptureForm::addPath(
    QFormLayout& form, const QString& label, const QString& id, const QString& tip, Kind kind)
{
    auto* row = new QWidget(this);
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    auto* edit = new QLineEdit(row);
    edit->setObjectName(id);
    edit->setToolTip(tip);
    edit->setAccessibleName(label);
    edit->setMinimumWidth(80);
    auto* choose = new QToolButton(row);
    choose->setText("…");
    choose->setToolTip("Choose…");
    choose->setAccessibleName("Choose " + label.toLower());
    layout->addWidget(edit, 1);
    layout->addWidget(choose);
    form.addRow(label, row);
    connect(choose, &QToolButton::clicked, this, [this, edit, label, kind] {
        const QString chosen = kind == Kind::Folder ? QFileDialog::getExistingDirectory(this, label, edit->text())
            : kind == Kind::OpenFile                ? QFileDialog::getOpenFileName(this, label, edit->text())
                                     : QFileDialog::getSaveFileName(this, label, edit->text(), "Traces (*.h5)", nullptr,
                                         QFileDialog::DontConfirmOverwrite); // a switch here says whether it may be replaced
        if (!chosen.isEmpty())
            edit->setText(chosen);
    });
    return edit;
}

CaptureOrder CaptureForm::order() const
{
    CaptureOrder order;
    order.model = m_model->text().trimmed();
    order.prompts = m_prompts->text().trimmed();
    order.output = QFileInfo(m_output->text().trimmed()).absoluteFilePath();
    order.logits = m_logits->isChecked();
    order.loss = m_loss->isChecked();
    order.replace = m_replace->isChecked();
    order.maxTokens = m_most->value();
    return order;
}

void CaptureForm::setOrder(const CaptureOrder& order)
{
    m_model->setText(order.model);
    m_prompts->setText(order.prompts);
    m_output->setText(order.output);
    m_logits->setChecked(order.logits);
    m_loss->setChecked(order.loss);
    m_replace->setChecked(order.replace);
    m_most->setValue(int(order.maxTokens));
}

void CaptureForm::start()
{
    if (!m_run.running() && m_start->isEnabled())
        m_run.start(order());
}

bool CaptureForm::stop()
{
    const bool running = m_run.running();
    m_run.stop();
    return running;
}

QString CaptureForm::statusText() const
{
    return m_status->text();
}

QString CaptureForm::logText() const
{
    return m_log->toPlainText();
}

void CaptureForm::update()
{
    const bool running = m_run.running();
    const bool filled = !m_model->text().trimmed().isEmpty() && !m_prompts->text().trimmed().isEmpty()
        && !m_output->text().trimmed().isEmpty();
    m_start->setText(running ? "&Stop" : "&Capture");
    m_start->setToolTip(running ? "Stop; what was computed is kept" : "Record the routing of all documents");
    m_start->setEnabled(running ? m_run.state() == CaptureRun::State::Running : filled);
    for (QWidget* field : std::initializer_list<QWidget*>{m_model->parentWidget(), m_prompts->parentWidget(),
             m_output->parentWidget(), m_most, m_logits, m_loss, m_replace})
        field->setEnabled(!running);
    const auto state = m_run.state();
    m_open->setVisible((state == CaptureRun::State::Done || state == CaptureRun::State::Stopped)
        && QFileInfo::exists(m_run.order().output));
    m_status->setProperty("error", state == CaptureRun::State::Failed);
    m_status->style()->unpolish(m_status);
    m_status->style()->polish(m_status);
    showProgress();
}

void CaptureForm::showProgress()
{
    const qint64 all = m_run.tokens(), done = m_run.tokensDone();
    m_progress->setVisible(m_run.running());
    m_progress->setRange(0, m_run.running() && all == 0 ? 0 : 1000); // 0, 0: under way, nobody knows how far
    m_progress->setValue(all > 0 ? int(1000 * done / all) : 0);
    m_status->setVisible(m_run.state() != CaptureRun::State::Off);
    switch (m_run.state()) {
    case CaptureRun::State::Off:
        return m_status->clear();
    case CaptureRun::State::Running:
        return m_status->setText(all == 0 ? QString("Reading prompts, loading the model …")
                                          : QString("%1 of %2 tokens · %3 tokens/s · %4 left")
                                                .arg(countText(std::uint64_t(done)), countText(std::uint64_t(all)),
                                                    countText(std::uint64_t(m_run.tokensPerSecond())),
                                                    duration(m_run.secondsLeft())));
    case CaptureRun::State::Stopping:
        return m_status->setText("Stopping; what was computed is kept …");
    case CaptureRun::State::Done:
        return m_status->setText(countText(std::uint64_t(all)) + " tokens, written to " + m_run.order().output);
    case CaptureRun::State::Stopped:
        return m_status->setText(m_run.ending());
    case CaptureRun::State::Failed:
        return m_status->setText(QString::fromStdString(m_run.error()->message()));
    }
}

QJsonObject CaptureForm::state() const
{
    const CaptureOrder all = order();
    return {{"model", all.model}, {"prompts", all.prompts}, {"output", all.output}, {"logits", all.logits},
        {"loss", all.loss}, {"maxTokens", all.maxTokens}, {"follow", m_follow->isChecked()}};
}

void CaptureForm::restore(const QJsonObject& state)
{
    if (m_run.running())
        return;
    CaptureOrder all;
    all.model = state["model"].toString();
    all.prompts = state["prompts"].toString();
    all.output = state["output"].toString();
    all.logits = state["logits"].toBool();
    all.loss = state["loss"].toBool();
    all.maxTokens = state["maxTokens"].toInteger();
    setOrder(all);
    m_follow->setChecked(state["follow"].toBool(true));
}

}
