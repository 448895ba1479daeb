# PowerShell completion of filbert
Register-ArgumentCompleter -Native -CommandName filbert -ScriptBlock {
    param($word, $ast, $position)
    $line = $ast.ToString()
    if ($word) { $line = $line.Substring(0, $line.Length - $word.Length) }
    Invoke-Expression "$line --generate-bash-completion" | Where-Object { $_ -like "$word*" } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }
}
