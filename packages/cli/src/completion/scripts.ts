import type { CompletionShell } from "./shells.ts";

// Each script asks `kubepass __complete <shell> <words>`, so that it stays right when kubepass is updated.
// A single line `:files` in the answer asks the shell for file names.

const bash = String.raw`# bash completion for kubepass: source <(kubepass completion bash)
_kubepass() {
  local IFS=$'\n'
  local lines
  lines=$(kubepass __complete bash "${"$"}{COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
  if [[ $lines == ":files" ]]; then
    compopt -o default 2>/dev/null
    COMPREPLY=()
  else
    COMPREPLY=($lines)
  fi
}
complete -F _kubepass kubepass
`;

const zsh = String.raw`#compdef kubepass
# zsh completion for kubepass: kubepass completion zsh > a folder of your fpath, as _kubepass
_kubepass() {
  local -a lines
  lines=("${"$"}{(@f)$(kubepass __complete zsh "${"$"}{(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "${"$"}{lines[1]}" == ":files" ]]; then
    _files
  elif [[ -n "${"$"}{lines[1]}" ]]; then
    _describe -V kubepass lines
  fi
}
if [[ "${"$"}{funcstack[1]}" == "_kubepass" ]]; then
  _kubepass "$@"
else
  compdef _kubepass kubepass
fi
`;

const fish = String.raw`# fish completion for kubepass: kubepass completion fish > ~/.config/fish/completions/kubepass.fish
function __kubepass_complete
  set -l words (commandline -opc)
  set -e words[1]
  set -l current (commandline -ct)
  set -l lines (kubepass __complete fish $words "$current" 2>/dev/null)
  if test "$lines[1]" = ":files"
    __fish_complete_path "$current"
  else
    printf '%s\n' $lines
  end
end
complete -c kubepass -f -a '(__kubepass_complete)'
`;

const powershell = String.raw`# PowerShell completion for kubepass: kubepass completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName kubepass -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
  # The sign keeps an empty word, which PowerShell would drop.
  kubepass __complete powershell @words "=$wordToComplete" 2>$null | Where-Object { $_ -ne ":files" } | ForEach-Object {
    $text, $description = $_ -split "${"`"}t", 2
    if (-not $description) { $description = $text }
    [System.Management.Automation.CompletionResult]::new($text, $text, "ParameterValue", $description)
  }
}
`;

const kubectl = String.raw`#!/bin/sh
# Completion of "kubectl pass": kubectl runs this when it is called kubectl_complete-pass and lies on the PATH.
exec kubepass __complete kubectl "$@"
`;

const scripts: Readonly<Record<CompletionShell, string>> = { bash, zsh, fish, powershell, kubectl };

/** The completion script of a shell. */
export function getCompletionScript(shell: CompletionShell): string {
  return scripts[shell];
}
